import type { Algorithm } from '../../metadata/key.ts';
import { CKA, CKM, CKR } from './constants.ts';
import type { Template, TemplateAttribute } from './template.ts';

/** DER of the named curves (RFC 5480); Ed25519 as OID (RFC 8410) and as the PrintableString that some tokens want. */
export const EC_PARAMS = {
  p256: Buffer.from('06082a8648ce3d030107', 'hex'),
  p384: Buffer.from('06052b81040022', 'hex'),
  ed25519: Buffer.from('06032b6570', 'hex'),
  ed25519Name: Buffer.from('130c656477617264733235353139', 'hex'),
} as const;

export interface KeyPairTemplate {
  readonly mechanism: number;
  readonly publicKey: Template;
  readonly privateKey: Template;
  /** 1 for the strictest private template. */
  readonly tier: number;
}

const RSA_EXPONENT = Buffer.from('010001', 'hex');

/** Never dropped, whatever the token says. */
const BASE: Template = [
  { type: CKA.token, value: true },
  { type: CKA.private, value: true },
  { type: CKA.sign, value: true },
  { type: CKA.sensitive, value: true },
  { type: CKA.extractable, value: false },
];
const SIGN_ONLY: Template = [
  { type: CKA.decrypt, value: false },
  { type: CKA.unwrap, value: false },
  { type: CKA.signRecover, value: false },
  { type: CKA.derive, value: false },
  { type: CKA.modifiable, value: false },
];
const NO_COPY: Template = [{ type: CKA.copyable, value: false }];
/** What every private key gets besides its names, strictest first. */
export const PRIVATE_TIERS: readonly Template[] = [
  [...BASE, ...SIGN_ONLY, ...NO_COPY],
  [...BASE, ...SIGN_ONLY],
  BASE,
];

/** Answers to a template that a looser one, or another encoding of the curve, may not get. */
const TRY_NEXT: ReadonlySet<number> = new Set([
  CKR.generalError,
  CKR.functionFailed,
  CKR.attributeReadOnly,
  CKR.attributeTypeInvalid,
  CKR.attributeValueInvalid,
  CKR.templateIncomplete,
  CKR.templateInconsistent,
  CKR.domainParamsInvalid,
  CKR.curveNotSupported,
]);

/** Whether the next template is worth trying after this return value. */
export function triesNext(code: number): boolean {
  return TRY_NEXT.has(code);
}

/** The templates to try for a key pair, strictest first. */
export function keyPairTemplates(algorithm: Algorithm, label: string, id: string): KeyPairTemplate[] {
  const names: Template = [
    { type: CKA.id, value: Buffer.from(id, 'hex') },
    { type: CKA.label, value: Buffer.from(label, 'utf8') },
  ];
  const shared: Template = [
    { type: CKA.token, value: true },
    { type: CKA.private, value: false },
    { type: CKA.verify, value: true },
    ...names,
  ];
  return PRIVATE_TIERS.flatMap((tier, index) =>
    domains(algorithm).map((domain) => ({
      mechanism: MECHANISMS[algorithm],
      publicKey: [...shared, ...domain],
      privateKey: [...tier, ...names],
      tier: index + 1,
    })),
  );
}

const MECHANISMS: Readonly<Record<Algorithm, number>> = {
  'ecdsa-p256': CKM.ecKeyPairGen,
  'ecdsa-p384': CKM.ecKeyPairGen,
  ed25519: CKM.edwardsKeyPairGen,
  'rsa-2048': CKM.rsaKeyPairGen,
  'rsa-3072': CKM.rsaKeyPairGen,
  'rsa-4096': CKM.rsaKeyPairGen,
};

function domains(algorithm: Algorithm): TemplateAttribute[][] {
  const curve = (value: Uint8Array): TemplateAttribute[] => [{ type: CKA.ecParams, value }];
  if (algorithm === 'ecdsa-p256') return [curve(EC_PARAMS.p256)];
  if (algorithm === 'ecdsa-p384') return [curve(EC_PARAMS.p384)];
  if (algorithm === 'ed25519') return [curve(EC_PARAMS.ed25519), curve(EC_PARAMS.ed25519Name)];
  return [
    [
      { type: CKA.modulusBits, value: Number(algorithm.slice('rsa-'.length)) },
      { type: CKA.publicExponent, value: RSA_EXPONENT },
    ],
  ];
}
