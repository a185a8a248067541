import { refused } from '../../errors.ts';
import { canonicalText } from '../../encoding/canonical-json.ts';
import { toUtf8 } from '../../encoding/text.ts';
import type { Dialect, ExpiryRule } from '../dialect.ts';
import { schemeFor } from '../signature.ts';
import { withDelegations } from './delegation-edits.ts';
import { checkDelegations, delegatedRoleKeys, delegationsOf } from './delegations.ts';
import { parseFile, typeOf, writeFile } from './file.ts';
import { jsonOfCanonical } from '../../encoding/json-text.ts';
import { keyObject, standaloneKey } from './keys.ts';
import { checkRepositoryName, checkTargetName, checkTargetsRoleName } from './names.ts';
import { listedFiles, newSnapshot, newTimestamp } from './online-roles.ts';
import { covering } from './covering.ts';
import { meet } from './meet.ts';
import { covers } from './paths.ts';
import { checkRoot, declaredRootKeys, newRoot, rootRoleKeys, tufKeys } from './root.ts';
import { rootWithQuorums } from '../root-quorums.ts';
import { envelopeSignature, signatureVerifies } from './signatures.ts';
import { checkTargets, customFault, newTargets, tufEntry } from './targets.ts';
import { rememberingFiles } from '../remembered-files.ts';
import { readEntries, readEntry, withEntries } from '../target-entries.ts';
import { tufNotUnderstood } from './understood.ts';

/** Days; what others allow themselves must fit: Sigstore's root has 365, its snapshot 21, its timestamp 7. */
const EXPIRY: Readonly<Record<string, ExpiryRule>> = {
  root: { usual: 365, least: 1, most: 3_660 },
  targets: { usual: 90, least: 1, most: 1_100 },
  snapshot: { usual: 7, least: 0, most: 400 },
  timestamp: { usual: 1, least: 0, most: 100 },
};

const reader = rememberingFiles((role, file) => {
  const document = parseFile(role, file);
  const type = typeOf(role);
  if (type === 'root') checkRoot(document.signed);
  else if (type === 'targets') {
    checkTargets(role, document);
    checkDelegations(role, document.signed);
  } else listedFiles(document);
  return document;
});

/** TUF 1.0 (specification 1.0.33): what python-tuf, go-tuf, tough, tuf-js and Sigstore read and write. */
export const tuf: Dialect = {
  name: 'tuf',
  checkRepository: checkRepositoryName,
  checkTarget: checkTargetName,
  checkTargetsRole: checkTargetsRoleName,

  parse: reader.parse,
  known: reader.known,
  write: writeFile,
  notUnderstood: tufNotUnderstood,

  roleKeys: rootRoleKeys,
  declaredKeys: declaredRootKeys,
  sharedRootKeys: () => [],
  delegatedKeys: delegatedRoleKeys,
  delegations: delegationsOf,
  ancestry: () => null,
  paths: 'patterns',
  covers,
  covering,
  meet,
  delegatesByHash: true,
  // Patterns are not cut down: clients ask each delegation on the way for the name (specification 5.6.7).
  within: (delegation) => delegation,
  search: 'depth-first',
  released: null,
  declaredMustExist: true,
  isValid: signatureVerifies,

  scheme: (algorithm) => schemeFor(algorithm, 'curve'),
  signature: envelopeSignature,

  keyValue: (key) => toUtf8(jsonOfCanonical(canonicalText(keyObject(key)))),
  certificateValue() {
    throw refused('CERTIFICATE-DIALECT', 'keys stand bare in TUF metadata, there are no certificates', {
      expected: 'a public key in PEM',
      hint: 'give the public key: openssl x509 -in CERTIFICATE -pubkey -noout',
    });
  },
  readKey: (_role, value) => standaloneKey(value).key,

  targets: (document, unlike) => readEntries(tufEntry, document, unlike),
  target: (document, name) => readEntry(tufEntry, document, name),
  customFault,
  listed: listedFiles,
  snapshotListsRoot: false,
  consistent: (root) => root.signed['consistent_snapshot'] === true,
  certificateEnds: () => [],
  newRoot,
  newTargets,
  withQuorums: (signed, quorums, version, expires) =>
    rootWithQuorums(tufKeys, signed, quorums, version, expires),
  withDelegations,
  withTargets: (before, changed, version, expires) =>
    withEntries(tufEntry, before, changed, version, expires),
  newSnapshot,
  newTimestamp,
  expiry: (role) => EXPIRY[typeOf(role)] as ExpiryRule,

  certificates: null,
  offlineRoles: [
    { role: 'root', slot: 'key' },
    { role: 'targets', slot: 'key' },
  ],
  outgoingKeysSign: true,
  onlineRoles: ['snapshot', 'timestamp'],
};
