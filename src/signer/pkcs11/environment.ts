/**
 * Variables that a PKCS#11 module may need: where its programs and its configuration are, how it writes dates and
 * text. A list, so that nothing else of the parent's environment (passphrases, LD_PRELOAD, NODE_OPTIONS, debug
 * switches that log PINs) reaches the process that holds the PIN.
 */
const VARIABLES = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  // SoftHSM, OpenSC and PC/SC, p11-kit, tpm2-pkcs11
  'SOFTHSM2_CONF',
  'OPENSC_CONF',
  'PCSCLITE_CSOCK_NAME',
  'P11_KIT_SERVER_ADDRESS',
  'TPM2_PKCS11_STORE',
  'TPM2_PKCS11_TCTI',
  // NSS
  'NSS_DEFAULT_DB_TYPE',
  'NSS_SDB_USE_CACHE',
  // YubiHSM, NetHSM, Luna, Utimaco
  'YUBIHSM_PKCS11_CONF',
  'P11NETHSM_CONFIG_FILE',
  'ChrystokiConfigurationPath',
  'CS_PKCS11_R2_CFG',
  'CS_PKCS11_R3_CFG',
  // nShield
  'NFAST_HOME',
  'NFAST_KMDATA',
  'CKNFAST_LOADSHARING',
  'CKNFAST_CARDSET_HASH',
  'CKNFAST_NO_ACCELERATOR_SLOTS',
  'CKNFAST_OVERRIDE_SECURITY_ASSURANCES',
] as const;

/** The environment of a token's child process: what the list allows of `parent`, and `extra`. */
export function childEnvironment(
  parent: Readonly<Record<string, string | undefined>>,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of VARIABLES) {
    const value = parent[name];
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, ...extra };
}
