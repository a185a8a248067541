import { computeRoles } from '../../change/compute.ts';
import type { ComputedRole } from '../../change/computed-role.ts';
import { incomplete, usage } from '../../errors.ts';
import { missingSignatures } from '../../exchange/read-response.ts';
import { mergeResponses } from '../../exchange/merge-responses.ts';
import { toHex } from '../../encoding/text.ts';
import { keysByPublic } from '../../station/keys/own-signatures.ts';
import { isOutstanding, type OutboxRequest } from '../../station/ledger/outbox.ts';
import { recordingRefusals } from '../../station/ledger/refusals.ts';
import { readStored } from './answer.ts';
import { checkFree, chooseStaged, planAll } from '../exporting/export.ts';
import type { PlannedRepository } from '../exporting/export-plan.ts';
import { makeRequest } from '../exporting/make-request.ts';
import { publishRequest, type PublishPorts, type PublishResult } from './publish.ts';
import { onlineStation, type OnlineStation } from '../station.ts';
import { openStored } from '../stored-request.ts';

/**
 * Signs and publishes staged changes that need only keys of this station, as `notary publish` does. It goes the way
 * of every request, addressed to this station itself, so that a kill leaves what a rerun goes on from.
 *
 * @param names repositories; empty for all that have staged changes
 * @throws EXPORT-NOTHING (2), KEY-OFFLINE (4), EXPORT-OUTSTANDING (5), CHAIN-*, CHANGE-*, SERVER-*
 */
export async function publishStaged(
  station: OnlineStation,
  names: readonly string[],
  ports: PublishPorts,
): Promise<PublishResult> {
  return recordingRefusals(
    station.home,
    () => null,
    async () => {
      const begun = await ownRequest(station);
      if (begun) return publishOwn(station, begun, ports);
      const staged = chooseStaged(station, names, null);
      if (staged.length === 0)
        throw usage('EXPORT-NOTHING', 'nothing is staged', {
          where: station.home.name,
          hint: 'status shows what is staged; publish FILE publishes a response',
        });
      for (const { entry } of staged) checkFree(station, entry, null);
      const self = { name: station.home.name, identity: station.home.identity };
      const plans = await planAll(station, ports.stores, staged, [self], {
        supersede: null,
        filler: null,
        progress: () => undefined,
      });
      for (const planned of plans) checkKeysHere(station, planned);
      const digest = makeRequest(station, plans, [self], null, (request) => [
        { event: 'released', data: { request, response: '' } },
      ]);
      const now = onlineStation(station.home, station.now);
      return publishOwn(now, now.outbox.requests.get(digest) as OutboxRequest, ports);
    },
  );
}

/** The request of an interrupted run. */
async function ownRequest(station: OnlineStation): Promise<OutboxRequest | null> {
  for (const request of station.outbox.requests.values()) {
    if (![...request.repositories.values()].some(isOutstanding)) continue;
    const { manifest } = await openStored(station, request.digest);
    if (manifest.to.every(({ key }) => key === station.home.identity)) return request;
  }
  return null;
}

async function publishOwn(
  station: OnlineStation,
  request: OutboxRequest,
  ports: PublishPorts,
): Promise<PublishResult> {
  const readings = readStored(station, await openStored(station, request.digest));
  const repositories = readings.map((reading) => mergeResponses(reading, []));
  return publishRequest(station, request, repositories, [], ports);
}

/** @throws KEY-OFFLINE (exit 4) naming the roles that other stations must sign */
function checkKeysHere(station: OnlineStation, { entry, plan }: PlannedRepository): void {
  const keys = keysByPublic(station.keys);
  const { dialect, base, changes, onlineKeys, context } = plan;
  const inputs = {
    base,
    changes,
    plan: plan.roles,
    onlineKeys,
    fills: new Map<string, Uint8Array>(),
    context,
  };
  const isHere = ({ key }: ComputedRole['signers'][number]): boolean =>
    key?.public ? keys.has(toHex(key.public.spki)) : false;
  const lacking = computeRoles(dialect, inputs).filter(
    (role) => missingSignatures(role, role.signers.filter(isHere)) > 0,
  );
  if (lacking.length === 0) return;
  throw incomplete('KEY-OFFLINE', 'keys that this station does not hold must sign', {
    expected: lacking
      .map(({ role, signers }) => `${role} by ${signers.map(({ keyid }) => keyid.slice(0, 16)).join(' or ')}`)
      .join(', '),
    where: entry.name,
    hint: 'countersign export -o FILE, and take it to the offline station',
  });
}
