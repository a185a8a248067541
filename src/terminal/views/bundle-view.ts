import type { Bundle } from '../../bundle/bundle.ts';
import type { Manifest, RequestManifest, ResponseManifest } from '../../bundle/manifest.ts';
import type { LookedCard } from '../../station/look.ts';
import { cardKeyLines } from './card-key-view.ts';
import { digestLines } from './digest-block.ts';
import { show } from '../escape.ts';
import { table } from './table.ts';
import { wrapBehind } from './wrap.ts';

/** What a bundle says about itself: a seal that verifies, a layout that is right, and claims. */
export function bundleLines(bundle: Bundle): string[] {
  const { manifest } = bundle;
  return [
    ...wrapBehind('kind         ', manifest.kind),
    ...wrapBehind('environment  ', manifest.environment),
    ...wrapBehind('from         ', `${show(manifest.from.name)} (as claimed)`),
    ...wrapBehind('sealed by    ', `${bundle.sealedBy} (not compared with a partner)`),
    ...addressees(manifest).flatMap((name) => wrapBehind('to           ', show(name))),
    ...wrapBehind('sequence     ', String(manifest.sequence)),
    ...wrapBehind('created      ', manifest.created),
    ...(manifest.kind === 'request'
      ? wrapBehind('not after    ', manifest.notAfter)
      : wrapBehind('request      ', manifest.request.digest)),
    ...wrapBehind('entries      ', `${String(manifest.files.length)}, ${String(size(manifest))} bytes`),
    '',
    ...contents(manifest),
    '',
    ...digestLines(manifest.kind, bundle.digest),
  ];
}

function addressees(manifest: Manifest): string[] {
  return manifest.kind === 'request' ? manifest.to.map(({ name }) => name) : [manifest.to.name];
}

function size({ files }: Manifest): number {
  return files.reduce((sum, file) => sum + file.size, 0);
}

function contents(manifest: Manifest): string[] {
  if (manifest.kind === 'combined')
    return table(
      ['response', 'digest'],
      manifest.parts.map(({ digest }, at) => [String(at + 1), digest]),
    );
  return manifest.kind === 'request' ? requested(manifest) : answered(manifest);
}

function requested({ repositories }: RequestManifest): string[] {
  return table(
    ['dialect', 'repository', 'operation', 'role', 'version', 'expires'],
    repositories.flatMap(({ dialect, name, operation, result }) =>
      result.length === 0
        ? [[dialect, name, operation, '-', '-', '-']]
        : result.map(({ role, version, expires }) => [
            dialect,
            name,
            operation,
            role,
            String(version),
            expires,
          ]),
    ),
  );
}

function answered({ repositories }: ResponseManifest): string[] {
  return table(
    ['dialect', 'repository', 'role', 'version', 'outcome', 'signatures'],
    repositories.flatMap(({ dialect, name, roles }) =>
      roles.map(({ role, version, outcome, check, signatures }) => [
        dialect,
        name,
        role,
        String(version),
        check === null ? outcome : `${outcome} ${check}`,
        String(signatures.length),
      ]),
    ),
  );
}

/** What a card says about a station. */
export function cardLines({ card, sealedBy, digest }: LookedCard): string[] {
  return [
    'kind         card',
    ...wrapBehind('station      ', `${show(card.name)}, ${card.side} (as claimed)`),
    ...wrapBehind('environment  ', card.environment),
    ...wrapBehind('identity     ', sealedBy),
    ...wrapBehind('keys         ', `${String(card.keys.length)}, each proven by a signature of its own`),
    ...cardKeyLines(card.keys),
    '',
    ...digestLines('card', digest),
  ];
}
