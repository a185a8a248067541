import { expect, test } from 'vitest';
import { stationKey } from '../loop/estate.ts';
import { scratchFolder } from '../peers/process.ts';
import { hashOf, publish, signAll, stations, withOnlineKeys } from '../peers/stations.ts';

interface Reviewed {
  readonly repositories: readonly {
    readonly notUnderstood: readonly unknown[];
    readonly roles: readonly { readonly role: string; readonly notUnderstood: readonly string[] }[];
  }[];
}

test.each([
  ['notary', 'registry.example.com/app', 'targets/team'],
  ['tuf', 'app', 'team'],
] as const)(
  'R8 %s: nothing of what this program writes is shown as not understood',
  async (dialect, name, role) => {
    const app = await stations({ dialect });
    const { online, offline, on } = app;
    await withOnlineKeys(app);
    await online.ok(
      'repository',
      'add',
      name,
      '--dialect',
      dialect,
      '--directory',
      scratchFolder('published'),
    );
    const key = await stationKey(app, offline, 'delegation');
    const stages = [
      [
        ['init', name],
        ['addhash', name, 'a', '1', '--sha256', hashOf(1), '--custom', '{"x":{}}'],
      ],
      [
        [
          'delegation',
          'add',
          name,
          role,
          key.file,
          ...(dialect === 'tuf' ? ['--paths', '*'] : ['--all-paths']),
        ],
      ],
      [['addhash', name, 'b', '1', '--sha256', hashOf(1), '-r', role]],
      [['refresh', name, 'root']],
    ];
    for (const [at, commands] of stages.entries()) {
      for (const command of commands) await online.ok(...command);
      const request = `${String(at)}.request.tar`;
      await online.ok('export', '-o', on(request));
      const { repositories } = await offline.ok<Reviewed>('review', on(request));
      const [shown] = repositories;
      expect(shown?.roles.length).toBeGreaterThan(0);
      expect(shown?.roles.flatMap(({ notUnderstood }) => notUnderstood)).toEqual([]);
      expect(shown?.notUnderstood).toEqual([]);
      await signAll(app, request, `${String(at)}.response.tar`);
      await publish(app, `${String(at)}.response.tar`);
    }
  },
);
