import { refused } from '../../errors.ts';
import { canonicalBytes } from '../../encoding/canonical-json.ts';
import type { Dialect } from '../dialect.ts';
import { checkRootCertificate, readRootCertificate } from './certificate.ts';
import { certificateMaker } from './certificate-maker.ts';
import { form, parseFile, writeFile } from './file.ts';
import { bareKeyObject, envelopeSignature, schemeOf, signatureVerifies, standaloneKey } from './keys.ts';
import { checkGun, checkTargetName, checkTargetsRoleName } from './names.ts';
import { newSnapshot, newTimestamp } from './online-roles.ts';
import { checkRoot, newRoot, rootRoleKeys } from './root.ts';
import {
  checkTargets,
  delegatedRoleKeys,
  listedFiles,
  newTargets,
  targetsOf,
  withTargets,
} from './targets.ts';
import { isObject } from '../../encoding/json.ts';
import { parseStrictJson } from '../../encoding/strict-json.ts';
import { fromBase64 } from '../../encoding/text.ts';

/** Notary v1: what Docker Content Trust, the `notary` client and notary-server speak. */
export const notary: Dialect = {
  name: 'notary',
  checkRepository: checkGun,
  checkTarget: checkTargetName,
  checkTargetsRole: checkTargetsRoleName,

  parse(role, file) {
    const document = parseFile(role, file);
    if (role === 'root') checkRoot(document.signed);
    else if (role === 'snapshot' || role === 'timestamp') listedFiles(document);
    else checkTargets(role, document.signed);
    return document;
  },
  write: writeFile,

  roleKeys: rootRoleKeys,
  delegatedKeys: delegatedRoleKeys,
  isValid: signatureVerifies,

  scheme(algorithm, role) {
    if (role === 'root' && algorithm === 'ed25519')
      throw refused(
        'KEY-ALGORITHM',
        'a Notary root key cannot be Ed25519: root keys are X.509 certificates',
        {
          expected: 'ecdsa-p256, ecdsa-p384, rsa-2048, rsa-3072 or rsa-4096',
          found: algorithm,
        },
      );
    return schemeOf(algorithm);
  },
  signature: envelopeSignature,

  keyValue: (key) => canonicalBytes(bareKeyObject(key)),
  readKey(role, value, context) {
    const { object, key } = standaloneKey(value);
    const { keytype } = object;
    const certified = typeof keytype === 'string' && keytype.endsWith('-x509');
    if (certified !== (role === 'root'))
      throw form(role, 'a root key must be a certificate, and no other key may be');
    if (!key.public) throw form(role, 'a key of a kind that nobody can verify with');
    if (certified) {
      const keyval = (parseStrictJson(value) as Record<string, unknown>)['keyval'];
      const pem = isObject(keyval as never) ? (keyval as Record<string, string>)['public'] : undefined;
      checkRootCertificate(readRootCertificate(fromBase64(pem ?? '')), context.repository, context.now);
    }
    return key;
  },

  targets: targetsOf,
  listed: listedFiles,
  newRoot,
  newTargets,
  withTargets,
  newSnapshot,
  newTimestamp,

  certificates: certificateMaker,
  firstRootSlots: [
    { role: 'root', kind: 'certificate' },
    { role: 'targets', kind: 'key' },
  ],
  onlineRoles: ['snapshot', 'timestamp'],
};
