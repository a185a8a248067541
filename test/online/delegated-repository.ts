import { createHash, createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalText } from '../../src/encoding/canonical-json.ts';
import { toUtf8 } from '../../src/encoding/text.ts';
import { notary as dialect } from '../../src/metadata/notary/dialect.ts';
import { openNotaryServer } from '../../src/online/notary-server/server.ts';
import type { NotaryServerPeer } from '../peers/notary-server.ts';
import { runOk, scratchFolder } from '../peers/process.ts';
import { stockNotary, type StockNotary } from '../peers/stock-notary.ts';

/** Files of a delegate's key. */
export interface DelegateKey {
  /** Canonical ID: what `delegation list` and `delegation remove` call it. */
  readonly id: string;
  readonly key: string;
  readonly certificate: string;
}

/** A repository that the stock client made, and the client that holds its keys. */
export interface StockRepository {
  readonly gun: string;
  readonly stock: StockNotary;
  /** Runs a command of the stock client that must succeed. */
  notary(...args: string[]): Promise<string>;
  /** Imports a new key, and delegates a role to it; paths `*` for all. */
  delegate(role: string, paths: readonly string[] | '*', key?: DelegateKey): Promise<DelegateKey>;
  /** Adds a hash made of one number and of this length. */
  add(name: string, number: number, ...roles: string[]): Promise<void>;
  publish(): Promise<void>;
}

/** A new repository of the stock client, with the server's snapshot key. */
export async function stockRepository(peer: NotaryServerPeer, name: string): Promise<StockRepository> {
  const gun = `${peer.host}/${name}`;
  const stock = stockNotary(peer);
  await stock.init(gun);
  const notary = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await stock.run(args);
    if (code !== 0) throw new Error(`notary ${args.join(' ')}: ${String(code)}\n${stdout}${stderr}`);
    return stdout;
  };
  return {
    gun,
    stock,
    notary,
    async delegate(role, paths, known) {
      const key = known ?? (await importedKey(stock));
      await notary(
        ...['delegation', 'add', gun, role, key.certificate],
        ...(paths === '*' ? ['--all-paths'] : ['--paths', paths.join(',')]),
      );
      return key;
    },
    add: (target, number, ...roles) =>
      stock.addhash(gun, target, number, number.toString(16).padStart(64, '0'), roles),
    publish: () => stock.publish(gun),
  };
}

/** A fresh ECDSA key that the stock client may sign delegations with; its files. */
async function importedKey(stock: StockNotary): Promise<DelegateKey> {
  const folder = scratchFolder('delegate');
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  await runOk('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
    ...['-subj', '/CN=delegate', '-keyout', key, '-out', certificate],
  ]);
  writeFileSync(key, readFileSync(key), { mode: 0o600 });
  const { code, stderr } = await stock.run(['key', 'import', key, '-r', 'delegate']);
  if (code !== 0) throw new Error(stderr);
  const spki = new X509Certificate(readFileSync(certificate)).publicKey.export({
    type: 'spki',
    format: 'der',
  });
  return { id: keyId('ecdsa', spki), key, certificate };
}

/** A delegation's one target, whose content is its own name. */
interface HandMade {
  readonly version: number;
  readonly expires: string;
  readonly name: string;
  readonly algorithm?: 'sha256' | 'md5';
}

/** Signs a delegation with one target by hand, as no stock client would: version, expiry and paths as they are given. */
export async function signByHand(
  peer: NotaryServerPeer,
  gun: string,
  role: string,
  { key, certificate }: DelegateKey,
  { version, expires, name, algorithm = 'sha256' }: HandMade,
): Promise<void> {
  const hash = createHash(algorithm).update(name).digest('base64');
  const payload = toUtf8(
    canonicalText({
      _type: 'Targets',
      delegations: { keys: {}, roles: [] },
      expires,
      targets: { [name]: { hashes: { [algorithm]: hash }, length: name.length } },
      version,
    }),
  );
  const keyid = keyId('ecdsa-x509', readFileSync(certificate));
  const value = sign('sha256', payload, {
    key: createPrivateKey(readFileSync(key)),
    dsaEncoding: 'ieee-p1363',
  });
  const server = openNotaryServer({ url: peer.url, ca: peer.caPem, environment: {} });
  try {
    const file = dialect.write(payload, [{ keyid, method: 'ecdsa', value }], {});
    await server.repository(gun).publish(new Map([[role, file]]));
  } finally {
    await server.close();
  }
}

function keyId(keytype: string, material: Buffer): string {
  const object = { keytype, keyval: { private: null, public: material.toString('base64') } };
  return createHash('sha256').update(canonicalText(object)).digest('hex');
}
