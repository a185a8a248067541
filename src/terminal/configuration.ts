import type { Config } from '@oclif/core/config';

/** What the program says about itself. */
export interface Program {
  readonly version: string;
  readonly description: string;
}

const nothing = (): undefined => undefined;

/**
 * oclif's configuration without its discovery: no folder is searched, no plug-in, hook, user configuration or
 * TypeScript file is loaded, and no environment variable is looked at.
 */
export function configuration(program: Program, members: Partial<Config> = {}): Config {
  const config = {
    bin: 'countersign',
    name: 'countersign',
    dirname: 'countersign',
    version: program.version,
    userAgent: `countersign/${program.version}`,
    platform: process.platform,
    shell: '',
    pjson: { name: 'countersign', version: program.version, description: program.description, oclif: {} },
    topicSeparator: ' ',
    commands: [],
    commandIDs: [],
    topics: [],
    plugins: new Map(),
    findCommand: nothing,
    findTopic: nothing,
    runHook: () => Promise.resolve({ successes: [], failures: [] }),
    scopedEnvVar: nothing,
    scopedEnvVarKey: (key: string) => `COUNTERSIGN_${key}`,
    scopedEnvVarKeys: (key: string) => [`COUNTERSIGN_${key}`],
    ...members,
  };
  return config as unknown as Config;
}
