import { EXIT } from '../src/errors.ts';
import { approveByScript, pinIds } from '../src/offline/approval.ts';
import { withOfflineStation } from '../src/offline/session.ts';
import { sign } from '../src/offline/sign.ts';
import { Args, BaseCommand, Flags } from '../src/terminal/base-command.ts';
import { consentAtTerminal } from '../src/terminal/prompts/consent.ts';
import { startProgress } from '../src/terminal/progress.ts';
import { signerOpener } from '../src/terminal/prompts/secrets.ts';
import { signedLines } from '../src/terminal/views/signed-view.ts';
import { secretFlags } from '../src/terminal/flags/signing-flags.ts';

export default class Sign extends BaseCommand {
  static override summary = 'sign a request with every key held here that it calls for';
  static override description =
    'Shows what review shows, closed, and asks for two words of the digest and the new version. A script gives --approve with the digest, taken by another way than the stick, and --accept for each ID that review --json lists. Exits 4 while more stations must sign.';
  static override examples = [
    '<%= config.bin %> sign /media/stick/app.request.tar -o /media/stick/app.response.tar',
    '<%= config.bin %> sign app.request.tar a.response.tar -o b.response.tar',
    '<%= config.bin %> sign app.request.tar -o app.response.tar --pin-file root=pin --approve DIGEST --accept FIRST-ROOT:registry.example.com/team/app',
  ];
  static override strict = false;
  static override args = {
    request: Args.string({ required: true, description: 'request bundle' }),
    response: Args.string({
      description: 'responses of other stations to the same request; metadata that other tools signed',
    }),
  };
  static override flags = {
    output: Flags.string({
      char: 'o',
      required: true,
      description: 'response bundle to write',
      helpValue: 'FILE',
    }),
    except: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'repository to leave out, refused',
      helpValue: 'NAME',
    }),
    key: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'root key to use where several are held',
      helpValue: 'ID',
    }),
    approve: Flags.string({ description: 'digest of the request, 64 hex digits', helpValue: 'DIGEST' }),
    accept: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'ID of something that would have to be typed',
      helpValue: 'ID',
    }),
    pin: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description:
        'SHA-256 of a root file at first contact: the newest, or an older one that it follows from',
      helpValue: 'NAME=SHA256',
    }),
    ...secretFlags,
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Sign);
    const [file = '', ...responses] = argv as string[];
    await withOfflineStation(flags.home, 'sign', async (station) => {
      const { approve, accept = [], pin = [] } = flags;
      const progress = startProgress('signing');
      const secrets = {
        pinFiles: flags['pin-file'] ?? [],
        passphraseFiles: flags['passphrase-file'] ?? [],
      };
      try {
        const result = await sign(
          station,
          { file, responses, out: flags.output, except: flags.except ?? [], keys: flags.key ?? [] },
          {
            openSigner: signerOpener(station.home, secrets),
            confirm: (examination) =>
              approve === undefined
                ? consentAtTerminal(examination, [...accept, ...pinIds(pin)])
                : Promise.resolve(approveByScript(examination, { digest: approve, accept, pins: pin })),
            progress: (done, total) => {
              progress.update(done, total);
            },
          },
        );
        progress.end();
        this.show(result, () => signedLines(result).join('\n'));
        if (result.tracker.some(({ open }) => open)) this.endWith(EXIT.incomplete);
      } finally {
        progress.end();
      }
    });
  }
}
