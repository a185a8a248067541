import { sha256Hex } from '../../src/encoding/hash.ts';
import { finalFile } from '../../src/exchange/final.ts';
import { readAnswers } from '../../src/online/publishing/answer.ts';
import { onlineStation } from '../../src/online/station.ts';
import { withCopies } from '../../src/station/ledger/answers.ts';
import { openHome } from '../../src/station/home/home.ts';

/** SHA-256 of every file that an online station would publish, from these responses in this order. */
export async function finalFiles(home: string, responses: readonly string[]): Promise<string[]> {
  const opened = await openHome(home, { write: false });
  try {
    const station = onlineStation(opened, Math.floor(Date.now() / 1000));
    return await withCopies(responses, opened, false, async (copies) => {
      const { repositories } = await readAnswers(station, copies);
      return repositories.flatMap(({ reading, roles }) =>
        roles.map(({ role, signatures }) =>
          sha256Hex(finalFile(reading.dialect, role.document, signatures, role.outside)),
        ),
      );
    });
  } finally {
    opened.close();
  }
}
