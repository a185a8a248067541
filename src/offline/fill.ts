import { randomBytes } from 'node:crypto';
import type { CertificateContent, CertificateMaker } from '../metadata/dialect.ts';
import { sha256Hex } from '../encoding/hash.ts';
import { toBase64, toHex, toUtf8 } from '../encoding/text.ts';
import type { SigningKey, SignTask } from '../signer/signer.ts';
import type { ExchangeEvent } from '../station/ledger/events.ts';
import { canonicalKeyId } from '../metadata/station-key-id.ts';
import { keyEvent, keyIntentEvent, type KeyIntent } from '../station/keys/key-registry.ts';
import type { Signers } from '../station/keys/signers.ts';
import type { PlannedFill } from './fill-plan.ts';
import type { OfflineStation } from './station.ts';

/** Root certificates last ten years, as stock Notary makes them; a day back for a clock that runs behind. */
const CERTIFICATE_DAYS = 3_650;
const DAY = 86_400;
/** Longest name that fits into a token's label beside the role and a number. */
const LABEL_NAME = 52;

/**
 * Fills every open slot: generates keys, makes certificates, and records each in the ledger before anything is
 * shown (M4, M7, M21). A rerun goes on with what is recorded.
 */
export async function fillSlots(
  station: OfflineStation,
  request: string,
  plans: readonly PlannedFill[],
  signers: Signers,
): Promise<void> {
  const certify = (chosen: readonly PlannedFill[], keys: Keys): Promise<ExchangeEvent[]> =>
    certificates(station, request, chosen, keys, signers);
  const known = new Map(plans.flatMap((plan) => (plan.key ? [[plan, plan.key] as const] : [])));
  // certificates of keys that are there are signed, and verified twice, while the token makes the others
  const certified = certify([...known.keys()], known);
  certified.catch(() => undefined);
  const made = await generateMissing(station, plans, signers);
  const early = await certified;
  const late = await certify([...made.keys()], made);
  const declared = plans.flatMap((plan) => {
    const key = known.get(plan) ?? made.get(plan);
    if (plan.slot.kind !== 'key' || key === undefined) return [];
    return [fillEvent(request, plan, plan.reading.dialect.keyValue(key.public))];
  });
  station.home.ledger.append([...declared, ...early, ...late]);
}

type Keys = ReadonlyMap<PlannedFill, SigningKey>;

/** Makes the certificates among some plans, whose keys are there. */
async function certificates(
  station: OfflineStation,
  request: string,
  plans: readonly PlannedFill[],
  keys: Keys,
  signers: Signers,
): Promise<ExchangeEvent[]> {
  const makings: { plan: PlannedFill; content: CertificateContent; maker: CertificateMaker }[] = [];
  const tasks: SignTask[] = [];
  for (const plan of plans) {
    const key = keys.get(plan) as SigningKey;
    const maker = plan.reading.dialect.certificates;
    if (plan.slot.kind === 'key' || !maker) continue;
    const content = certificateContent(station, plan, key);
    makings.push({ plan, content, maker });
    tasks.push({ key, scheme: maker.scheme(key.public), message: maker.message(content) });
  }
  if (tasks.length === 0) return [];
  const events = new Array<ExchangeEvent>(tasks.length);
  await signers.sign(tasks, (index, signature) => {
    const { plan, content, maker } = makings[index] as (typeof makings)[number];
    const { message } = tasks[index] as SignTask;
    events[index] = fillEvent(request, plan, maker.value(content, message, signature));
  });
  return events;
}

/** A certificate over the plan's key; where that is another station's, one of this station signs it. */
function certificateContent(station: OfflineStation, plan: PlannedFill, key: SigningKey): CertificateContent {
  return {
    repository: plan.reading.record.name,
    key: plan.public ?? key.public,
    issuer: key.public,
    serial: randomBytes(16),
    notBefore: station.now - DAY,
    notAfter: station.now + CERTIFICATE_DAYS * DAY,
  };
}

function fillEvent(request: string, plan: PlannedFill, value: Uint8Array): ExchangeEvent {
  const { reading, slot, repository } = plan;
  const context = { repository: reading.record.name, now: reading.now };
  const keyid = reading.dialect.readKey(slot.role, value, context).id;
  return {
    event: 'fill',
    data: { request, repository, slot: slot.id, kind: slot.kind, keyid, value: toBase64(value) },
  };
}

/** Keys for the plans that have none: generated in one batch a place, with their intents recorded first. */
async function generateMissing(
  station: OfflineStation,
  plans: readonly PlannedFill[],
  signers: Signers,
): Promise<Keys> {
  const keys = new Map<PlannedFill, SigningKey>();
  const missing: { plan: PlannedFill; intent: KeyIntent }[] = [];
  const labels = new Set(station.keys.labels);
  for (const plan of plans) if (!plan.key) missing.push({ plan, intent: intentFor(station, plan, labels) });
  const fresh = missing.filter(({ intent }) => !station.keys.open.has(intent.label));
  station.home.ledger.append(fresh.map(({ intent }) => keyIntentEvent(intent)));
  for (const group of byPlace(missing)) {
    const generated = await signers.generate(
      (group[0] as (typeof missing)[number]).plan.place,
      group.map(({ intent }) => ({
        algorithm: intent.algorithm,
        label: intent.label,
        id: intent.id,
        role: intent.role,
      })),
    );
    const born = generated.map((key, index) => {
      const { plan, intent } = group[index] as (typeof missing)[number];
      const id = canonicalKeyId(key.public);
      keys.set(plan, {
        id,
        public: key.public,
        role: intent.role,
        repository: intent.repository,
        location: key.location,
        grade: key.grade,
      });
      return keyEvent(id, key, intent);
    });
    station.home.ledger.append(born);
  }
  return keys;
}

function byPlace<T extends { readonly plan: PlannedFill }>(entries: readonly T[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const entry of entries) {
    const name = JSON.stringify(entry.plan.place);
    const group = groups.get(name) ?? [];
    group.push(entry);
    groups.set(name, group);
  }
  return [...groups.values()];
}

function intentFor(station: OfflineStation, plan: PlannedFill, labels: Set<string>): KeyIntent {
  const label = freeLabel(plan, labels);
  labels.add(label);
  const open = station.keys.open.get(label);
  if (open) return open;
  return {
    id: toHex(randomBytes(16)),
    label,
    algorithm: plan.algorithm,
    role: plan.slot.role,
    repository: plan.repository,
    where: plan.place.kind === 'keyfile' ? 'keyfile' : plan.place.serial,
  };
}

/**
 * A label that no key has: role and name, with a number from the second key of a repository on. Tokens keep 64
 * bytes: of a longer name its end and a digest of all of it.
 */
function freeLabel({ slot, reading, repository }: PlannedFill, labels: ReadonlySet<string>): string {
  const { name } = reading.record;
  const short = `${name.slice(-32)} ${sha256Hex(toUtf8(repository)).slice(0, 16)}`;
  const label = `${slot.role} ${name.length <= LABEL_NAME ? name : short}`;
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? label : `${label} ${String(number)}`;
    if (!labels.has(candidate)) return candidate;
  }
}
