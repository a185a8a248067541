/** What each first word of a command is about, for help. */
export const TOPICS: Readonly<Record<string, string>> = {
  bundle: 'look into request bundles, response bundles and cards, without a station',
  ceremony: 'the scripted ceremony: run, rehearse, report',
  clock: 'the floor under the clock of the station',
  delegation: 'stage changes to delegations and list them',
  key: 'signing keys: in a token or in an encrypted key file',
  log: 'the ledger: show, verify, export',
  policy: 'how long roles are valid: what is asked for, and what this station allows',
  repository: 'where a repository lives',
  request: 'what a request asks to be signed, for other tools',
  signer: 'stage signers of a repository, as docker trust knows them',
  station: 'the identity of this station, its card and its partners',
  token: 'PKCS#11 modules that this station may load, and what is in them',
};
