// Answers that are not there yet, at providers that make a request a job: AI Horde's protocol, and NVIDIA's long jobs.
import assert from 'node:assert/strict';

import {CLIENT_KEY, chat, content, eventually, events, scene, user} from './harness.mjs';

const SCENARIO = `
[[providers]]
id = "h"
wire = "aihorde"
keys = ["horde-key-1"]
models = ["hm"]
latency = "1500ms"
[[providers]]
id = "u"
keys = ["other-key-1"]
models = ["um"]
[[providers]]
id = "n"
style = "nvidia"
keys = ["nvidia-key-1"]
models = ["nm", { id = "a/paint", kind = "image" }]
later = true
latency = "1500ms"
`;

// The second route for `auto` is another provider's.
const CONFIG = `
[[providers]]
id = "h"
dialect = "aihorde"
base_url = "{h}"
keys = ["horde-key-1"]
limits = { rpm = 1 }
[[providers.models]]
id = "hm"
[[providers]]
id = "u"
base_url = "{u}"
keys = ["other-key-1"]
[[providers.models]]
id = "um"
[[providers]]
id = "n"
dialect = "nvidia"
base_url = "{n}"
follow_up_url = "http://FARM/n/v2/nvcf"
keys = ["nvidia-key-1"]
[[providers.models]]
id = "nm"
[[providers.models]]
id = "a/paint"
kind = "image"
[routing]
order = ["h/hm", "u/um"]
queue_wait = "0s"
`;

async function start(stage) {
  const farm = await stage.farm(SCENARIO);
  const filled = CONFIG.replace(/\{(\w+)\}/g, (all, id) => farm.providers[id] ?? all).replaceAll('FARM', farm.address);
  const key = `[catalog]\nbuiltin = false\n[[client_keys]]\nname = "test"\nkey = "${CLIENT_KEY}"\n`;
  return {farm, gateway: await stage.gateway(key + filled)};
}

scene('a whole answer is waited for, in one place of the allowance and never asked for too often', async (stage) => {
  const {farm, gateway} = await start(stage);
  const answer = await gateway.ask(chat('h/hm'));
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['x-routed-via'], 'h/hm');
  assert.equal(answer.json.choices[0].message.content, 'w0 w1 w2 w3 w4 w5 w6 w7');
  assert.equal(answer.json.choices[0].finish_reason, 'stop');
  const {later, received, ok} = await farm.stats('h');
  assert.deepEqual({...later, asked: 0}, {taken: 1, asked: 0, too_soon: 0, fetched: 1, dropped: 0});
  assert.ok(later.asked >= 2, `asked ${later.asked} times`);
  assert.deepEqual([received, ok], [1, 1]);
  for (const {headers} of await farm.requests('provider=h')) {
    assert.ok(headers.some(([name, value]) => /^client-agent$/i.test(name) && value.startsWith('freeway:')), 'each says who asks');
  }
});

scene('a stream gets signs of life while it waits, and then the answer', async (stage) => {
  const {farm, gateway} = await start(stage);
  await farm.set('h', {answer: {latency: '11s'}});
  const answer = await gateway.ask(chat('h/hm', 'hi', {stream: true}));
  assert.equal(answer.status, 200);
  assert.match(answer.headers['content-type'], /^text\/event-stream/);
  assert.match(answer.text, /^: /, 'it began before there was an answer');
  assert.equal(content(answer.text), 'w0 w1 w2 w3 w4 w5 w6 w7');
  assert.equal(events(answer.text).at(-1), '[DONE]');
  const {later} = await farm.stats('h');
  assert.deepEqual([later.too_soon, later.fetched, later.dropped], [0, 1, 0]);
});

// Asks for a job that takes long, and leaves once the provider works at it.
async function leave(farm, gateway, stream) {
  await farm.set('h', {answer: {latency: '60s'}});
  const controller = new AbortController();
  const asked = fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify(chat('h/hm', 'hi', {stream})),
    headers: {authorization: `Bearer ${CLIENT_KEY}`, 'content-type': 'application/json'},
    signal: controller.signal,
  });
  const left = assert.rejects(asked, {name: 'AbortError'});
  await eventually(async () => (await farm.stats('h')).later.asked > 0, 'the job is asked for');
  controller.abort();
  await left;
}

for (const stream of [false, true]) {
  scene(`a job whose client leaves is called off, ${stream ? 'streamed' : 'whole'}`, async (stage) => {
    const {farm, gateway} = await start(stage);
    await leave(farm, gateway, stream);
    await eventually(async () => (await farm.stats('h')).later.dropped === 1, 'the job is called off');
    assert.equal((await farm.stats('h')).aborted, 1);
    const last = (await farm.requests('provider=h')).at(-1);
    assert.deepEqual([last.method, last.key], ['DELETE', 'horde-key-1']);
  });
}

scene('a job is called off before the gateway ends', async (stage) => {
  const {farm, gateway} = await start(stage);
  await leave(farm, gateway, false);
  assert.equal((await gateway.stop()).code, 0);
  assert.equal((await farm.stats('h')).later.dropped, 1);
});

scene('a job that comes to nothing is served by the next provider', async (stage) => {
  for (const [fault, reason] of [
    ['faulted', 'server_error'],
    ['impossible', 'not_found'],
    ['censored', 'blocked_content'],
    ['503', 'overloaded'],
  ]) {
    const {farm, gateway} = await start(stage);
    await farm.set('h', {script: [fault], answer: {latency: '10ms'}});
    const answer = await gateway.ask({model: 'auto', messages: user('hi')});
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['x-routed-via'], 'u/um');
    assert.equal(answer.headers['x-fallback-trail'], `h/hm key#1=${reason}`);
    await gateway.stop();
  }
});

scene('what a prompt can not carry goes elsewhere without a call', async (stage) => {
  const {farm, gateway} = await start(stage);
  const tools = [{type: 'function', function: {name: 'look', parameters: {type: 'object', properties: {}}}}];
  const answer = await gateway.ask({model: 'auto', messages: user('hi'), tools});
  assert.equal(answer.headers['x-routed-via'], 'u/um', answer.text);
  const {received, invalid} = await farm.stats('h');
  assert.deepEqual([received, invalid], [0, 0]);
});

scene("the next speaker's words are no part of an answer", async (stage) => {
  const {farm, gateway} = await start(stage);
  await farm.set('h', {answer: {text: 'all is well\n\n### Instruction:\nand now?', latency: '10ms'}});
  const answer = await gateway.ask(chat('h/hm'));
  assert.equal(answer.json?.choices[0].message.content, 'all is well', answer.text);
});

scene('long jobs of NVIDIA: chats, streams and pictures', async (stage) => {
  const {farm, gateway} = await start(stage);
  const whole = await gateway.ask(chat('n/nm'));
  assert.equal(whole.json?.choices[0].message.content, 'w0 w1 w2 w3 w4 w5 w6 w7', whole.text);
  const streamed = await gateway.ask(chat('n/nm', 'hi', {stream: true}));
  assert.equal(content(streamed.text), 'w0 w1 w2 w3 w4 w5 w6 w7');
  const picture = await gateway.ask({model: 'n/a/paint', prompt: 'x', response_format: 'b64_json'}, {target: '/v1/images/generations'});
  assert.equal(picture.status, 200, picture.text);
  assert.ok(picture.json.data[0].b64_json.length > 10);
  const {later, received} = await farm.stats('n');
  assert.deepEqual([later.taken, later.fetched, received], [3, 3, 3]);
});
