import { resolve } from 'node:path';
import { writePayload } from '../../src/station/request-payload.ts';
import { Args, BaseCommand, Flags } from '../../src/terminal/base-command.ts';
import { escapeCut, showPath } from '../../src/terminal/escape.ts';

export default class RequestPayload extends BaseCommand {
  static override summary = 'write what a request asks to be signed, for other tools to sign';
  static override description =
    'Writes the metadata of one role, recomputed and verified, with the signatures that were given so far: none without a response. Another tool (python-tuf, tough) adds its signature, and combine, sign or publish take the file back. --payload writes the bytes that a signature covers, for tools that sign bytes.';
  static override examples = [
    '<%= config.bin %> request payload app.request.tar root -o 17.root.json',
    '<%= config.bin %> request payload app.request.tar root app.response.tar -o 17.root.json --payload root.canonical',
  ];
  static override strict = false;
  static override args = {
    request: Args.string({ required: true, description: 'request bundle' }),
    role: Args.string({ required: true, description: 'role, such as root' }),
    response: Args.string({ description: 'responses, and metadata that other tools signed' }),
  };
  static override flags = {
    output: Flags.string({
      char: 'o',
      required: true,
      description: 'metadata file to write',
      helpValue: 'FILE',
    }),
    payload: Flags.string({ description: 'file for the bytes to be signed', helpValue: 'FILE' }),
    repository: Flags.string({
      description: 'repository, where the request is for several',
      helpValue: 'NAME',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(RequestPayload);
    const [request = '', role = '', ...answers] = argv as string[];
    const written = await writePayload(
      flags.home,
      {
        ...{ request, role, answers },
        repository: flags.repository ?? null,
        out: resolve(flags.output),
        payload: flags.payload === undefined ? null : resolve(flags.payload),
      },
      Math.floor(Date.now() / 1000),
    );
    this.show(written, () =>
      [
        `wrote ${showPath(written.out)}`,
        `  ${escapeCut(written.repository, 200)} ${escapeCut(written.role, 60)} ${String(written.version)}, signed by ${String(written.signatures)} so far`,
        `  sha256 of the bytes to be signed: ${written.sha256}`,
        '  keys that may sign:',
        ...written.keyids.map((id) => `    ${escapeCut(id, 64)}`),
      ].join('\n'),
    );
  }
}
