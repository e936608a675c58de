// Readers that stop reading: the gateway's memory does not grow with what the providers would like to send.
import assert from 'node:assert/strict';
import http from 'node:http';

import {CLIENT_KEY, chat, eventually, scene} from './harness.mjs';

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

// A provider whose answers are one event of `size` bytes behind a small one.
async function provider(size) {
  const event = (content) => `data: ${JSON.stringify({id: 'a', object: 'chat.completion.chunk', created: 1, model: 'm1',
    choices: [{index: 0, delta: {content}, finish_reason: null}]})}\n\n`;
  const large = event('x'.repeat(size));
  const end = `data: {"id":"a","object":"chat.completion.chunk","created":1,"model":"m1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => {
      response.on('error', () => {}).writeHead(200, {'content-type': 'text/event-stream'});
      response.write(event('small'));
      response.end(large + end);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return `http://127.0.0.1:${server.address().port}/v1`;
}

async function textOf(answer) {
  const parts = [];
  for await (const part of answer) parts.push(part);
  return Buffer.concat(parts).toString();
}

const MIB = 1024 * 1024;
const EVENT = 14 * MIB;

// `readers` that stop reading: what the gateway takes for them, and their answers.
async function unread(stage, upstream, readers, space) {
  const gateway = await stage.gateway(
    `[server]\nstream_space = "${space}MiB"\nthreads = 1\n[catalog]\nbuiltin = false\n[[client_keys]]\nname = "e2e"\nkey = "${CLIENT_KEY}"\n` +
      `[[providers]]\nid = "u1"\nbase_url = "${upstream}"\nkeys = []\n[[providers.models]]\nid = "m1"\n`,
  );
  const metrics = {target: '/metrics', method: 'GET'};
  const held = async () => Number(/^freeway_stream_bytes (\d+)$/m.exec((await gateway.ask(undefined, metrics)).text)[1]);
  const before = gateway.memory();
  const answers = [];
  for (let i = 0; i < readers; ++i) {
    const answer = await gateway.open({...chat('m1'), stream: true});
    answer.pause();
    answers.push(answer);
  }
  return {gateway, before, answers, held};
}

// What the allocator keeps back of a few large blocks.
const SLACK = 8 * 16 * MIB;

scene('G23 events that nobody reads: each is in memory once, and no longer than it is needed', async (stage) => {
  const upstream = await provider(EVENT);
  const many = 24;
  const {gateway, before, answers, held} = await unread(stage, upstream, many, 1024);
  await eventually(async () => (await held()) === many * EVENT, 'the events are in hand', 60_000);
  const growth = gateway.memory() - before;
  assert.ok(growth < many * (EVENT + PER_STREAM) + SLACK, `${growth} bytes more for ${many} events of ${EVENT}`);
  const texts = await Promise.all(answers.map(textOf));
  for (const text of texts) assert.ok(text.length > EVENT && text.includes('\ndata: [DONE]\n'));
  assert.equal(await held(), 0);
  await eventually(() => gateway.memory() - before < SLACK, 'the memory is given back', 10_000);
}, {timeout: 120_000});

scene('G23 the events of all streams together stay within server.stream_space', async (stage) => {
  const upstream = await provider(EVENT);
  const many = 40;
  const {gateway, before, answers, held} = await unread(stage, upstream, many, 64);
  await eventually(() => (gateway.said.match(/server\.stream_space/g) ?? []).length === many - 4, 'the others broke off', 60_000);
  assert.equal(await held(), 4 * EVENT);
  const growth = gateway.memory() - before;
  assert.ok(growth < 64 * MIB + many * PER_STREAM + SLACK, `${growth} bytes more`);
  const texts = await Promise.all(answers.map(textOf));
  const whole = texts.filter((text) => text.includes('\ndata: [DONE]\n'));
  assert.equal(whole.length, 4);
  for (const text of texts.filter((text) => !whole.includes(text))) {
    assert.match(text, /"content":"small".*broken off: freeway has no memory left.*"code":"overloaded"/s);
    assert.ok(!text.includes('[DONE]'));
  }
  const next = await gateway.ask({...chat('m1'), stream: true});
  assert.ok(next.text.includes('\ndata: [DONE]\n'), 'the provider is asked as before');
}, {timeout: 120_000});
