import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startServerProgram, type NotaryServerPeer } from './notary-server.ts';
import { freePort } from './ports.ts';
import { startPostgres, type PostgresPeer } from './postgres.ts';
import { runOk, scratchFolder, startDaemon, type Daemon } from './process.ts';

/** A notary-server as it is installed in earnest: what it serves is in a database, its keys at a notary-signer. */
export interface StoredNotaryPeer extends NotaryServerPeer {
  readonly postgres: PostgresPeer;
}

const SERVER = 'notaryserver';
const SIGNER = 'notarysigner';

/** Tables of notary 0.7, as its migrations for PostgreSQL leave them; Debian's package has none. */
const SERVER_TABLES = `
create table tuf_files (
  id serial primary key, created_at timestamp, updated_at timestamp, deleted_at timestamp,
  gun varchar(255) not null, role varchar(255) not null, version integer not null,
  data bytea not null, sha256 char(64), unique (gun, role, version));
create index tuf_files_sha256_idx on tuf_files (sha256);
create table change_category (category varchar(20) primary key);
insert into change_category values ('update'), ('deletion');
create table changefeed (
  id serial primary key, created_at timestamp default current_timestamp,
  gun varchar(255) not null, version integer not null, sha256 char(64),
  category varchar(20) not null default 'update' references change_category);
create index idx_changefeed_gun on changefeed (gun);
`;
const SIGNER_TABLES = `
create table private_keys (
  id serial primary key, created_at timestamp, updated_at timestamp, deleted_at timestamp,
  key_id varchar(255) not null unique, encryption_alg varchar(255) not null, keywrap_alg varchar(255) not null,
  algorithm varchar(50) not null, passphrase_alias varchar(50) not null, public bytea not null,
  private bytea not null, gun varchar(255) not null, role varchar(255) not null, last_used timestamp,
  unique (key_id, algorithm));
`;

/** A real notary-server and notary-signer (ECDSA server keys) on a PostgreSQL of their own. */
export async function startNotaryOnPostgres(): Promise<StoredNotaryPeer> {
  const folder = scratchFolder('notary-signer');
  const [postgres, tls] = await Promise.all([startPostgres([SERVER, SIGNER]), mutualTls(folder)]);
  await Promise.all([postgres.sql(SERVER, SERVER_TABLES), postgres.sql(SIGNER, SIGNER_TABLES)]);
  const port = await freePort();
  const signer = await startSigner(folder, port, tls, postgres.url(SIGNER));
  const server = await startServerProgram({
    trust_service: {
      ...{ type: 'remote', hostname: 'localhost', port: String(port), key_algorithm: 'ecdsa' },
      ...{ tls_ca_file: tls.certificate, tls_client_cert: tls.certificate, tls_client_key: tls.key },
    },
    storage: { backend: 'postgres', db_url: postgres.url(SERVER) },
  });
  return {
    ...server,
    postgres,
    async stop() {
      await server.stop();
      await signer.stop();
      await postgres.stop();
    },
  };
}

interface MutualTls {
  readonly certificate: string;
  readonly key: string;
}

/** One certificate that signed itself, shown by server and signer to each other, and trusted by both. */
async function mutualTls(folder: string): Promise<MutualTls> {
  const [certificate, key] = [join(folder, 'both.crt'), join(folder, 'both.key')];
  await runOk('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key],
    ...['-out', certificate],
  ]);
  return { certificate, key };
}

function startSigner(
  folder: string,
  port: number,
  { certificate, key }: MutualTls,
  database: string,
): Promise<Daemon> {
  const file = join(folder, 'signer.json');
  const address = `127.0.0.1:${String(port)}`;
  const config = {
    server: {
      grpc_addr: address,
      tls_cert_file: certificate,
      tls_key_file: key,
      client_ca_file: certificate,
    },
    storage: { backend: 'postgres', db_url: database, default_alias: 'wrapping' },
    logging: { level: 'info' },
  };
  writeFileSync(file, JSON.stringify(config));
  return startDaemon({
    command: 'notary-signer',
    args: ['-config', file],
    log: join(folder, 'signer.log'),
    env: { NOTARY_SIGNER_WRAPPING: 'a passphrase of the tests' },
    ready: () => isOpen(port),
  });
}

/** Whether somebody accepts connections. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => {
      answer(true);
    });
    socket.once('error', () => {
      answer(false);
    });
  });
}
