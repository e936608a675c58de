// Everything at once: providers that fail at random, clients that leave at random, tight limits. What must always hold.
import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import http from 'node:http';

import {CLIENT_KEY, chat, count, events, eventually, scene} from './harness.mjs';

const PROVIDERS = Array.from({length: 8}, (_, i) => `u${i}`);
const FAULTS = [
  '500', '503 retry-after=1', '429 retry-after=1', '400', 'close_before', 'reset', 'html_200',
  'corrupt_frame', 'close_mid_stream', 'no_finish', 'stall_mid_stream', 'hang', 'truncated_content_length', 'error_in_200', 'keepalive_close',
];

// A small generator of our own, so that a run can be repeated.
function generator(seed) {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

// One request that may leave early; how it ended.
function ask(gateway, random, stream) {
  const patience = random(3) === 0 ? random(300) : 30_000;
  return new Promise((resolve, reject) => {
    const request = http.request(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      agent: false,
      headers: {'content-type': 'application/json', authorization: `Bearer ${CLIENT_KEY}`},
    });
    let left = false;
    const timer = setTimeout(() => {
      left = true;
      request.destroy();
      resolve({end: 'left'});
    }, patience);
    request.on('error', (error) => left || reject(error));
    request.on('response', (answer) => {
      let text = '';
      answer.on('data', (part) => (text += part));
      answer.on('error', (error) => left || reject(error));
      answer.on('end', () => {
        clearTimeout(timer);
        resolve({end: 'answered', status: answer.statusCode, text, stream, headers: answer.headers});
      });
    });
    request.end(JSON.stringify({...chat('m'), stream}));
  });
}

scene('random faults and random leaving: limits hold, every end is honest, and no place is lost', async (stage) => {
  const {farm, gateway} = await stage.start({
    scenario: `minute = "2s"\nseed = 7\n${PROVIDERS.map(
      (id) =>
        `[[providers]]\nid = "${id}"\nkeys = ["k"]\nmodels = ["m"]\nmodel_limits = { rpm = 40, concurrency = 20 }\n` +
        'latency = "5ms"\njitter = "30ms"\ntoken_rate = 200\ntokens = 12\n',
    ).join('')}`,
    config:
      '[routing]\ndeadline = "6s"\nqueue_wait = "4s"\n[timeouts]\nfirst_token = "400ms"\nanswer = "600ms"\nidle = "400ms"\n' +
      PROVIDERS.map(
        (id) =>
          `[[providers]]\nid = "${id}"\nbase_url = "{${id}}"\nkeys = ["k"]\n[[providers.models]]\nid = "m"\n` +
          // Fewer places than there are: a provider learns a moment later than we that a call was given up.
          'limits = { concurrency = 10 }\n[[providers.pools]]\nlimit = 40\nwindow = "sliding 2s"\n',
      ).join(''),
  });
  const random = generator(2026);
  for (const id of PROVIDERS) {
    await farm.set(id, {script: Array.from({length: 400}, () => (random(8) === 0 ? FAULTS[random(FAULTS.length)] : 'ok'))});
  }
  const asked = [];
  for (let i = 0; i < 900; ++i) {
    asked.push(ask(gateway, random, i % 2 === 0));
    if (i % 4 === 0) await new Promise((resolve) => setTimeout(resolve, random(80)));
  }
  const ends = await Promise.all(asked);

  const words = Array.from({length: 12}, (_, i) => `w${i}`).join(' ');
  for (const {status, text, stream, headers} of ends.filter((one) => one.end === 'answered')) {
    if (status !== 200) {
      assert.ok([400, 429, 502, 504].includes(status), `${status} ${text}`);
      assert.ok(JSON.parse(text).error.message, text);
    } else if (!stream) {
      assert.equal(JSON.parse(text).choices[0].message.content, words);
      assert.match(headers['x-routed-via'], /^u[0-7]\/m$/);
    } else {
      const data = events(text).map((one) => (one === '[DONE]' ? one : JSON.parse(one)));
      const failed = data.some((one) => one.error);
      const said = data.map((one) => one.choices?.[0]?.delta?.content ?? '').join('');
      const reason = data.some((one) => one.choices?.[0]?.finish_reason);
      assert.ok(failed ? words.startsWith(said) && !reason : said === words && reason && data.at(-1) === '[DONE]', text);
    }
  }
  const statuses = count(ends, (one) => one.status ?? one.end);
  // How many leave in time depends on the machine; that some did is what makes the rest worth asserting.
  assert.ok(statuses[200] > 400 && statuses.left > 20, JSON.stringify(statuses));
  const stats = await farm.stats();
  for (const id of PROVIDERS) {
    assert.equal(stats[id].refused, 0, `${id}: ${JSON.stringify(stats[id])}`);
    assert.ok((await farm.window(id, 'k', 'm')).arrived_max <= 40, id);
  }

  // All is well again: every place is free, and nothing is open that should not be.
  for (const id of PROVIDERS) await farm.set(id, {script: [], answer: {latency: '300ms', jitter: '0s'}});
  await eventually(async () => (await gateway.ask(chat('m'))).status === 200, 'recovery');
  await eventually(async () => {
    const answers = await Promise.all(Array.from({length: 80}, () => gateway.ask(chat('m'))));
    assert.deepEqual(Object.keys(count(answers, (answer) => answer.status)).filter((one) => !['200', '429'].includes(one)), []);
    const seen = await farm.stats();
    return PROVIDERS.every((id) => seen[id].keys.k.concurrent_max >= 10) && answers.every((answer) => answer.status === 200);
  }, 'all places are used at once', 30_000);
  const open = () => readdirSync(`/proc/${gateway.pid}/fd`).length;
  await eventually(() => open() < 300, `descriptors are closed: ${open()}`);
  assert.match(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'), /^State:\s+[RS]/m);
});
