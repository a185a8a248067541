import { randomBytes } from 'node:crypto';
import { it } from 'vitest';
import { softHsm } from '../peers/softhsm.ts';
import { openTestToken, pinned } from './open-test-token.ts';
it('perf', async () => {
  const peer = await softHsm();
  const token = await openTestToken(peer);
  const p: any = (token as any).process; const orig = p.call.bind(p); const sum: any = {};
  p.call = async (n: string, ...a: any[]) => { const t = performance.now(); try { return await orig(n, ...a); } finally { (sum[n] ??= [0,0])[0]++; sum[n][1] += performance.now() - t; } };
  const keys = await token.generate(Array.from({length: 1000}, (_, i) => ({ algorithm: 'ecdsa-p256' as const, label: 'k' + i, id: randomBytes(16).toString('hex') })));
  console.log(sum);
  await token.close();
  let t = performance.now();
  const again = await openTestToken(peer);
  console.log('open', performance.now() - t);
  for (let i = 0; i < 3; i++) { t = performance.now();
  await again.sign(keys.map((key) => ({ key: pinned(key), scheme: 'ecdsa-sha256' as const, message: Buffer.from('document') })));
  console.log('sign 1000 ms', performance.now() - t); }
  await again.close();
});
