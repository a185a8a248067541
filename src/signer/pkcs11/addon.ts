/** Loads the PKCS#11 addon in this process, without any module; throws what Node says where it cannot. */
export async function loadAddon(): Promise<void> {
  await import('pkcs11js');
}
