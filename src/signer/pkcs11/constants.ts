/**
 * The numbers of PKCS#11 (OASIS 2.40 and 3.1) that this program uses. Own copies, because the binding lacks
 * the Edwards ones and names every return value above 2.40 CKR_VENDOR_DEFINED.
 */
export const CKF = {
  tokenPresent: 0x1,
  rwSession: 0x2,
  serialSession: 0x4,
  osLocking: 0x2,
  loginRequired: 0x4,
  userPinInitialized: 0x8,
  protectedAuthenticationPath: 0x100,
  tokenInitialized: 0x400,
  userPinCountLow: 0x1_0000,
  userPinFinalTry: 0x2_0000,
  userPinLocked: 0x4_0000,
  userPinToBeChanged: 0x8_0000,
  errorState: 0x100_0000,
} as const;

export const CKO = { publicKey: 2, privateKey: 3 } as const;
export const CKK = { rsa: 0, ec: 3, edwards: 0x40 } as const;
export const CKU = { user: 1, contextSpecific: 2 } as const;

export const CKA = {
  class: 0x0,
  token: 0x1,
  private: 0x2,
  label: 0x3,
  value: 0x11,
  keyType: 0x100,
  id: 0x102,
  sensitive: 0x103,
  decrypt: 0x105,
  unwrap: 0x107,
  sign: 0x108,
  signRecover: 0x109,
  verify: 0x10a,
  derive: 0x10c,
  modulus: 0x120,
  modulusBits: 0x121,
  publicExponent: 0x122,
  privateExponent: 0x123,
  prime1: 0x124,
  prime2: 0x125,
  exponent1: 0x126,
  exponent2: 0x127,
  coefficient: 0x128,
  extractable: 0x162,
  local: 0x163,
  neverExtractable: 0x164,
  alwaysSensitive: 0x165,
  keyGenMechanism: 0x166,
  modifiable: 0x170,
  copyable: 0x171,
  ecParams: 0x180,
  ecPoint: 0x181,
  alwaysAuthenticate: 0x202,
  /** NSS keeps the public part beside a private key that it is given. */
  nssPublic: 0xd5a0_db00,
} as const;

export const CKM = {
  rsaKeyPairGen: 0x0,
  rsaPss: 0xd,
  sha256: 0x250,
  ecKeyPairGen: 0x1040,
  ecdsa: 0x1041,
  edwardsKeyPairGen: 0x1055,
  eddsa: 0x1057,
} as const;

export const CKG_MGF1_SHA256 = 2;
/** The binding's own number for a CK_RSA_PKCS_PSS_PARAMS object. */
export const CK_PARAMS_RSA_PSS = 5;

export const CKR = {
  slotIdInvalid: 0x3,
  generalError: 0x5,
  functionFailed: 0x6,
  attributeReadOnly: 0x10,
  attributeSensitive: 0x11,
  attributeTypeInvalid: 0x12,
  attributeValueInvalid: 0x13,
  deviceRemoved: 0x32,
  keyHandleInvalid: 0x60,
  mechanismInvalid: 0x70,
  mechanismParamInvalid: 0x71,
  objectHandleInvalid: 0x82,
  pinIncorrect: 0xa0,
  pinInvalid: 0xa1,
  pinLenRange: 0xa2,
  pinExpired: 0xa3,
  pinLocked: 0xa4,
  sessionClosed: 0xb0,
  sessionHandleInvalid: 0xb3,
  templateIncomplete: 0xd0,
  templateInconsistent: 0xd1,
  tokenNotPresent: 0xe0,
  tokenNotRecognized: 0xe1,
  tokenWriteProtected: 0xe2,
  userNotLoggedIn: 0x101,
  domainParamsInvalid: 0x130,
  curveNotSupported: 0x140,
} as const;
