import { refused } from '../../errors.ts';
import { canonicalBytes } from '../../encoding/canonical-json.ts';
import type { Dialect, ExpiryRule } from '../dialect.ts';
import { checkDelegationCertificate, checkRootCertificate, readRootCertificate } from './certificate.ts';
import { certificateMaker } from './certificate-maker.ts';
import { form, parseFile, writeFile } from './file.ts';
import { rootCertificateEnds } from './certificate-ends.ts';
import {
  coversName,
  delegatedRoleKeys,
  delegationsOf,
  pathsMeet,
  withDelegations,
  withinPaths,
} from './delegations.ts';
import {
  certificateKeyObject,
  envelopeSignature,
  schemeOf,
  signatureVerifies,
  standaloneKey,
} from './keys.ts';
import { ancestryOf, checkGun, checkTargetName, checkTargetsRoleName } from './names.ts';
import { newSnapshot, newTimestamp } from './online-roles.ts';
import { checkRoot, declaredRootKeys, newRoot, notaryKeys, rootRoleKeys } from './root.ts';
import { rootWithQuorums } from '../root-quorums.ts';
import { bareKeyObject } from '../station-key-id.ts';
import { sharedRootKeys } from './shared-root-keys.ts';
import { checkTargets, customFault, listedFiles, newTargets, notaryEntry } from './targets.ts';
import { notaryNotUnderstood } from './understood.ts';
import { rememberingFiles } from '../remembered-files.ts';
import { readEntries, readEntry, withEntries } from '../target-entries.ts';
import { fromBase64 } from '../../encoding/text.ts';

const TARGETS_EXPIRY: ExpiryRule = { usual: 1_095, least: 1, most: 1_100 };

/** Stock Notary's own defaults. */
const EXPIRY: Readonly<Record<string, ExpiryRule>> = {
  root: { usual: 3_650, least: 30, most: 3_660 },
  snapshot: { usual: 1_095, least: 1, most: 1_100 },
  timestamp: { usual: 14, least: 1, most: 1_100 },
};

const reader = rememberingFiles((role, file) => {
  const document = parseFile(role, file);
  if (role === 'root') checkRoot(document.signed);
  else if (role === 'snapshot' || role === 'timestamp') listedFiles(document);
  else checkTargets(role, document.signed);
  return document;
});

/** Notary v1: what Docker Content Trust, the `notary` client and notary-server speak. */
export const notary: Dialect = {
  name: 'notary',
  checkRepository: checkGun,
  checkTarget: checkTargetName,
  checkTargetsRole: checkTargetsRoleName,

  parse: reader.parse,
  known: reader.known,
  write: (payload, signatures) => writeFile(payload, signatures),
  notUnderstood: notaryNotUnderstood,

  roleKeys: rootRoleKeys,
  declaredKeys: declaredRootKeys,
  sharedRootKeys,
  delegatedKeys: delegatedRoleKeys,
  delegations: delegationsOf,
  ancestry: ancestryOf,
  paths: 'beginnings',
  covers: coversName,
  covering: (delegations, target) => delegations.filter((one) => coversName(one, target)),
  meet: pathsMeet,
  delegatesByHash: false,
  within: withinPaths,
  search: 'breadth-first',
  released: ['targets/releases', 'targets'],
  declaredMustExist: false,
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
  certificateValue(pem, context) {
    const certificate = readRootCertificate(pem);
    checkDelegationCertificate(certificate, context.repository, context.now);
    return canonicalBytes(certificateKeyObject(certificate.publicKey, pem));
  },
  readKey(role, value, context) {
    const { object, key } = standaloneKey(value);
    const certified = (object['keytype'] as string).endsWith('-x509');
    if (role === 'root' ? !certified : certified && !role.startsWith('targets'))
      throw form(role, 'a root key must be a certificate, and a key of a server may not be one');
    if (!key.public) throw form(role, 'a key of a kind that nobody can verify with');
    if (role === 'root') {
      const { public: pem } = object['keyval'] as { public: string };
      checkRootCertificate(readRootCertificate(fromBase64(pem)), context.repository, context.now);
    }
    return key;
  },

  targets: (document, unlike) => readEntries(notaryEntry, document, unlike),
  target: (document, name) => readEntry(notaryEntry, document, name),
  customFault,
  listed: listedFiles,
  snapshotListsRoot: true,
  consistent: () => false,
  certificateEnds: rootCertificateEnds,
  newRoot,
  newTargets,
  withQuorums: (signed, quorums, version, expires) =>
    rootWithQuorums(notaryKeys, signed, quorums, version, expires),
  withDelegations,
  withTargets: (before, changed, version, expires) =>
    withEntries(notaryEntry, before, changed, version, expires),
  newSnapshot,
  newTimestamp,
  expiry: (role) => EXPIRY[role] ?? TARGETS_EXPIRY,

  certificates: certificateMaker,
  offlineRoles: [
    { role: 'root', slot: 'certificate' },
    { role: 'targets', slot: 'key' },
  ],
  outgoingKeysSign: false,
  onlineRoles: ['snapshot', 'timestamp'],
};
