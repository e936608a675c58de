// Who asks badly harms nobody else: malformed requests, wrong keys, and clients that must not see each other.
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';

import {CLIENT_KEY, chat, count, eventually, scene, scenes, user} from './harness.mjs';

const times = (n, make) => Array.from({length: n}, (_, i) => make(i));

const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m1", "m12"]
[[providers]]
id = "u2"
keys = ["k2"]
models = ["m12"]
`;

const CONFIG = `
[server]
body_limit = "64KiB"
[[client_keys]]
name = "first"
key = "${CLIENT_KEY}"
[[client_keys]]
name = "second"
key = "fw-second-client-key-of-this"
[[client_keys]]
name = "narrow"
key = "fw-narrow-client-key-of-this"
models = ["m1"]
rpm = 2
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
  [[providers.models]]
  id = "m1"
  vision = false
  context = 4000
  [[providers.models]]
  id = "m12"
[[providers]]
id = "u2"
base_url = "{u2}"
keys = ["k2"]
  [[providers.models]]
  id = "m12"
`;

const image = {type: 'image_url', image_url: {url: 'data:image/png;base64,iVBORw0KGgo='}};
const MALFORMED = [
  ['', 400],
  ['{', 400],
  ['[]', 400],
  ['null', 400],
  ['"text"', 400],
  ['{"model":"m1"}', 400],
  ['{"model":7,"messages":[]}', 400],
  ['{"model":"m1","messages":{}}', 400],
  ['{"model":"m1","messages":[]}', 400],
  ['{"model":"m1","messages":["hi"]}', 400],
  ['{"model":"m1","messages":[{"content":"hi"}]}', 400],
  ['{"model":"m1","messages":[{"role":"user","content":"hi"}]', 400],
  ['{"model":"m1","messages":[{"role":"user","content":"hi"}],"stream":"yes"}', 400],
  ['{"model":"m1","messages":[{"role":"user","content":"hi"}],"n":"two"}', 400],
  ['{"model":"m1","messages":[{"role":"user","content":"hi"}],"max_tokens":-1}', 400],
  ['{"model":"m1","messages":[{"role":"user","content":"hi"}],"tools":{}}', 400],
  ['{"model":"m1","messages":[{"role":"user","content":"hi"}],"response_format":"json"}', 400],
  [Buffer.from([...Buffer.from('{"model":"m1","messages":[{"role":"user","content":"'), 0xff, 0xfe, ...Buffer.from('"}]}')]), 400],
  ['['.repeat(20_000), 400],
  [JSON.stringify(chat('m1', 'x'.repeat(70_000))), 413],
  [JSON.stringify(chat('m1', 'word '.repeat(8_000))), 400],
  [JSON.stringify({model: 'm1', messages: [{role: 'user', content: [{type: 'text', text: 'see'}, image]}]}), 422],
  [JSON.stringify(chat('no-such-model')), 404],
];

scenes('G9 1,000 malformed requests: each is told, none reaches a provider, everybody else is served', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const agent = new http.Agent({keepAlive: true, maxSockets: 50});
  const good = [];
  const bad = times(1000, (i) => {
    if (i % 20 === 0) good.push(gateway.ask(chat('m1'), {agent}));
    const [body, status] = MALFORMED[i % MALFORMED.length];
    return gateway.ask(body, {agent}).then((answer) => ({answer, status, body}));
  });
  for (const {answer, status, body} of await Promise.all(bad)) {
    assert.equal(answer.status, status, `${String(body).slice(0, 100)}: ${answer.text}`);
    assert.ok(answer.json.error.message.length > 10, answer.text);
    assert.equal(answer.json.error.type, 'invalid_request_error', answer.text);
    assert.ok('param' in answer.json.error && 'code' in answer.json.error, answer.text);
  }
  const answers = await Promise.all(good);
  assert.deepEqual(count(answers, (answer) => `${answer.status} ${answer.headers['x-routed-via']}`), {'200 u1/m1': 50});
  assert.equal(await farm.received(), 50);
  agent.destroy();
});

scenes('G9 1,000 requests that the provider blames: no bench, everybody else is served', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const refusals = [400, 413, 422].map((status) => ({
    match: `refuse ${status}`,
    fault: {status, body: {error: {message: 'the request is at fault', type: 'invalid_request_error'}}},
  }));
  await farm.set('u1', {rules: refusals});
  const agent = new http.Agent({keepAlive: true, maxSockets: 50});
  const good = [];
  const bad = times(1000, (i) => {
    if (i % 20 === 0) good.push(gateway.ask(chat('u1/m12'), {agent}));
    return gateway.ask(chat('u1/m12', `refuse ${[400, 413, 422][i % 3]}`), {agent});
  });
  assert.deepEqual(count(await Promise.all(bad), (answer) => answer.status), {400: 334, 413: 333, 422: 333});
  assert.deepEqual(count(await Promise.all(good), (answer) => answer.status), {200: 50});
  agent.destroy();
});

scene('bytes that are no HTTP, and requests that never end, harm nobody', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const pieces = [
    'GET / HTTP/9.9\r\n\r\n',
    'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(200_000)}\r\n\r\n`,
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Len',
  ];
  const sockets = times(120, (i) => {
    const socket = net.connect(gateway.port, '127.0.0.1', () => socket.write(pieces[i % pieces.length]));
    socket.on('error', () => {});
    return socket;
  });
  const answers = await Promise.all(times(50, () => gateway.ask(chat('m1'))));
  assert.deepEqual(count(answers, (answer) => answer.status), {200: 50});
  for (const socket of sockets) socket.destroy();
  assert.equal(await farm.received(), 50);
});

scene('A1 A2 A3 keys: which are taken, and what a narrow one may do', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const status = async (headers, model = 'm1') => (await gateway.ask(chat(model), {key: '', headers})).status;
  assert.equal(await status({}), 401);
  assert.equal(await status({authorization: 'Bearer fw-wrong'}), 401);
  assert.equal(await status({authorization: `Basic ${Buffer.from(`x:${CLIENT_KEY}`).toString('base64')}`}), 401);
  assert.equal(await farm.received(), 0);
  assert.equal(await status({authorization: `bEARER ${CLIENT_KEY}`}), 200);
  assert.equal(await status({'x-api-key': CLIENT_KEY}), 200);
  assert.equal(await status({'x-goog-api-key': CLIENT_KEY}), 200);
  assert.equal(await status({authorization: 'Bearer fw-wrong', 'x-api-key': CLIENT_KEY}), 200);

  const key = 'fw-narrow-client-key-of-this';
  const before = await farm.received();
  assert.equal((await gateway.ask(chat('m12'), {key})).status, 403);
  assert.equal(await farm.received(), before);
  for (const expected of [200, 200]) assert.equal((await gateway.ask(chat('m1'), {key})).status, expected);
  const limited = await gateway.ask(chat('m1'), {key});
  assert.equal(limited.status, 429);
  assert.ok(Number(limited.headers['retry-after']) >= 50, limited.headers['retry-after']);
  const list = await gateway.ask(undefined, {key, method: 'GET', target: '/v1/models'});
  assert.deepEqual(list.json.data.map((model) => model.id).filter((id) => id.includes('m12')), []);
  assert.ok(list.json.data.some((model) => model.id === 'm1'));
});

scene('1,000 wrong keys from one address do not disturb another one', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const attacker = new http.Agent({keepAlive: true, maxSockets: 50, localAddress: '127.0.0.7'});
  const attack = times(1000, (i) => gateway.ask(chat('m1'), {agent: attacker, key: `fw-guess-${i}`}));
  const good = await Promise.all(times(100, () => gateway.ask(chat('m1'))));
  assert.deepEqual(count(good, (answer) => answer.status), {200: 100});
  const statuses = count(await Promise.all(attack), (answer) => answer.status);
  assert.deepEqual(Object.keys(statuses).filter((one) => !['401', '429'].includes(one)), []);
  assert.equal((await gateway.ask(chat('m1'))).status, 200);
  assert.equal(await farm.received(), 101);
  attacker.destroy();
});

scene('C6 G25 a conversation stays with its model, and no other client or conversation comes along', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const via = async (body, key, headers = {}) => {
    const answer = await gateway.ask(body, {key, headers});
    assert.equal(answer.status, 200, answer.text);
    return answer.headers['x-routed-via'];
  };
  const second = 'fw-second-client-key-of-this';
  const turns = (first) => ({model: 'm12', messages: [...user(first), {role: 'assistant', content: 'yes'}, ...user('go on')]});
  const session = {'x-session-id': 'one'};

  await farm.set('u1', {script: ['429 retry-after=1']});
  assert.equal(await via(chat('m12'), CLIENT_KEY, session), 'u2/m12');
  assert.equal(await via(turns('by fingerprint'), CLIENT_KEY), 'u2/m12');
  await eventually(async () => (await via(chat('m12'), CLIENT_KEY)) === 'u1/m12', 'the first choice is back');

  assert.equal(await via(chat('m12'), CLIENT_KEY, session), 'u2/m12', 'the session stays');
  assert.equal(await via(turns('by fingerprint'), CLIENT_KEY), 'u2/m12', 'the conversation stays');
  assert.equal(await via(turns('by fingerprint'), second), 'u1/m12', 'the same words of another client');
  assert.equal(await via(chat('m12'), second, session), 'u1/m12', 'the same session id of another client');
  assert.equal(await via(chat('m12'), CLIENT_KEY, {'x-session-id': 'two'}), 'u1/m12');
  assert.equal(await via(turns('another beginning'), CLIENT_KEY), 'u1/m12');
});
