import type { TrustInspection } from '../online/read.ts';
import { escapeCut } from './escape.ts';

/** An inspection as text. */
export function inspectionLines({
  Name,
  SignedTags,
  Signers,
  AdministrativeKeys,
}: TrustInspection): string[] {
  return [
    `Signatures for ${escapeCut(Name, 200)}`,
    '',
    ...SignedTags.flatMap(({ SignedTag, Digest, Signers: by }) => [
      `${escapeCut(SignedTag, 120)}  signed by ${by.map((name) => escapeCut(name, 60)).join(', ')}`,
      `  ${Digest}`,
    ]),
    '',
    ...(Signers.length > 0 ? ['Signers', ...Signers.flatMap(keysOf), ''] : []),
    'Administrative keys',
    ...AdministrativeKeys.flatMap(keysOf),
  ];
}

function keysOf({
  Name,
  Keys,
}: {
  readonly Name: string;
  readonly Keys: readonly { readonly ID: string }[];
}): string[] {
  return Keys.map(({ ID }) => `  ${`${escapeCut(Name, 40)}:`.padEnd(12)} ${ID}`);
}
