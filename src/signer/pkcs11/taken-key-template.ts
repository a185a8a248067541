import { derOctetString } from '../../encoding/der-values.ts';
import { CKA, CKK, CKO } from './constants.ts';
import { EC_PARAMS, PRIVATE_TIERS } from './key-template.ts';
import type { PrivateKeyParts } from './protocol.ts';
import type { Template } from './template.ts';

export interface TakenKeyTemplates {
  readonly publicKey: Template;
  /** To be tried in order, strictest first. */
  readonly privateKeys: readonly { readonly template: Template; readonly tier: number }[];
}

/** Templates for C_CreateObject of a key pair that was made elsewhere, protected as one that is made in the token. */
export function takenKeyTemplates(key: PrivateKeyParts, label: string, id: string): TakenKeyTemplates {
  const names: Template = [
    { type: CKA.id, value: Buffer.from(id, 'hex') },
    { type: CKA.label, value: Buffer.from(label, 'utf8') },
  ];
  const { type, publicPart, privateParts } = key.kind === 'rsa' ? rsa(key) : ec(key);
  const kind: Template = [{ type: CKA.keyType, value: type }];
  const privateKeys = PRIVATE_TIERS.flatMap((tier, index) =>
    privateParts.map((part) => ({
      template: [{ type: CKA.class, value: CKO.privateKey }, ...kind, ...tier, ...names, ...part],
      tier: index + 1,
    })),
  );
  return {
    publicKey: [
      { type: CKA.class, value: CKO.publicKey },
      ...kind,
      { type: CKA.token, value: true },
      { type: CKA.private, value: false },
      { type: CKA.verify, value: true },
      ...names,
      ...publicPart,
    ],
    privateKeys,
  };
}

interface Parts {
  readonly type: number;
  readonly publicPart: Template;
  /** NSS wants the public part beside the private one; others know no such attribute. */
  readonly privateParts: readonly Template[];
}

function ec({ curve, value, point }: PrivateKeyParts & { kind: 'ec' }): Parts {
  const parameters = { type: CKA.ecParams, value: EC_PARAMS[curve] };
  const ecPoint = derOctetString(point);
  const secret = [parameters, { type: CKA.value, value }];
  return {
    type: curve === 'ed25519' ? CKK.edwards : CKK.ec,
    publicPart: [parameters, { type: CKA.ecPoint, value: ecPoint }],
    privateParts: [secret, [...secret, { type: CKA.nssPublic, value: ecPoint }]],
  };
}

function rsa(key: PrivateKeyParts & { kind: 'rsa' }): Parts {
  const publicPart = [
    { type: CKA.modulus, value: key.modulus },
    { type: CKA.publicExponent, value: key.publicExponent },
  ];
  const secret = [
    ...publicPart,
    { type: CKA.privateExponent, value: key.privateExponent },
    { type: CKA.prime1, value: key.prime1 },
    { type: CKA.prime2, value: key.prime2 },
    { type: CKA.exponent1, value: key.exponent1 },
    { type: CKA.exponent2, value: key.exponent2 },
    { type: CKA.coefficient, value: key.coefficient },
  ];
  return {
    type: CKK.rsa,
    publicPart,
    privateParts: [secret, [...secret, { type: CKA.nssPublic, value: key.modulus }]],
  };
}
