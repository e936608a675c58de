// Readers that stop reading: the gateway's memory does not grow with what the providers would like to send.
import assert from 'node:assert/strict';

import {chat, eventually, scene} from './harness.mjs';

// READERS=1000 is the number that G23 names. That takes minutes, and gigabytes of the system's socket buffers where these may grow.
const READERS = Number(process.env.READERS ?? 60);
const PER_STREAM = 64 * 1024;
const CONSTANT = 2 * 1024 * 1024;
// Streams of some 20 MB: the system's own socket buffers take up to half of one.
const TOKENS = 120_000;
const SIZE = 20_000_000;

scene(`G23 ${READERS} readers that stop reading: bounded memory, and the provider feels it`, async (stage) => {
  const {farm, gateway} = await stage.start({
    scenario: `[[providers]]\nid = "u1"\nmodels = ["m1"]\ntokens = ${TOKENS}\n`,
    // However long the simulator takes to make so much text on a busy machine.
    config:
      '[routing]\ndeadline = "10m"\n[timeouts]\nfirst_token = "10m"\nidle = "10m"\n' +
      '[[providers]]\nid = "u1"\nbase_url = "{u1}"\n[[providers.models]]\nid = "m1"\n',
  });
  assert.equal((await gateway.ask({...chat('m1'), max_tokens: 3})).status, 200);
  const before = gateway.memory();
  const answers = await Promise.all(
    Array.from({length: READERS}, async () => {
      const answer = await gateway.open({...chat('m1'), stream: true});
      answer.pause();
      return answer;
    }),
  );
  const sent = async () => {
    const running = (await farm.requests(`limit=${READERS + 10}`)).filter((request) => request.ended === 'running');
    return {streams: running.length, bytes: running.reduce((sum, request) => sum + request.bytes_sent, 0)};
  };
  let last = await sent();
  await eventually(async () => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const now = await sent();
    const still = now.bytes === last.bytes;
    last = now;
    return still;
  }, 'the providers stall', 150_000 + READERS * 500);
  const after = gateway.memory();
  assert.equal(last.streams, READERS, 'every stream still runs');
  assert.ok(last.bytes < (READERS * SIZE * 3) / 4, `${last.bytes} of ${READERS * SIZE} were sent`);
  const growth = after - before;
  assert.ok(growth < READERS * PER_STREAM + CONSTANT, `${growth} bytes more for ${READERS} streams`);

  // Others are served, and the readers get everything once they go on.
  assert.equal((await gateway.ask({...chat('m1'), max_tokens: 3})).status, 200);
  let text = '';
  for await (const part of answers[0]) text += part;
  assert.ok(text.endsWith('data: [DONE]\n\n'));
  assert.ok(Buffer.byteLength(text) > SIZE, `${Buffer.byteLength(text)}`);
  assert.ok(text.includes(`w${TOKENS - 1}"`));
  for (const answer of answers.slice(1)) answer.destroy();
  await eventually(async () => (await farm.stats('u1')).aborted === READERS - 1, 'the provider sees them leave', 10_000 + READERS * 20);
}, {timeout: 240_000 + READERS * 1000});
