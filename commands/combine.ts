import { combine } from '../src/station/combining/combine.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { digestLines } from '../src/terminal/views/digest-block.ts';
import { escapeCut, showPath } from '../src/terminal/escape.ts';
import { readBackLine } from '../src/terminal/written-file.ts';

export default class Combine extends BaseCommand {
  static override summary =
    'put what several stations and other tools signed for one request into one bundle';
  static override description =
    'The order does not matter, and each response keeps its own seal. The bundle goes on to the next station beside the request, or to publish; giving the responses one by one does the same. Metadata that another tool signed (python-tuf, tough) goes along as the file that the tool wrote; it is held against the request, which the online station has and an offline one is given.';
  static override examples = [
    '<%= config.bin %> combine a.response.tar b.response.tar -o /media/stick/app.combined.tar',
    '<%= config.bin %> combine app.request.tar a.response.tar 17.root.json -o app.combined.tar',
  ];
  static override strict = false;
  static override args = {
    response: Args.string({
      required: true,
      description: 'response or combined bundles; signed metadata files, and then the request',
    }),
  };
  static override flags = {
    output: Flags.string({ char: 'o', required: true, description: 'file to write', helpValue: 'FILE' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Combine);
    const result = await combine(flags.home, argv as string[], flags.output, Math.floor(Date.now() / 1000));
    this.show(result, () =>
      [
        `wrote ${showPath(result.out)}`,
        ...result.parts.map(({ station, digest }) => `  ${escapeCut(station, 40)}  ${digest}`),
        ...result.metadata.map((sha256) => `  signed elsewhere, file ${sha256}`),
        ...readBackLine(result.readBack, result.out),
        '',
        ...digestLines('combined', result.digest),
      ].join('\n'),
    );
  }
}
