// The program as a service: its first start, reload, end, and what passes through it byte for byte and piece by piece.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';

import {chat, configuration, content, events, eventually, scene} from './harness.mjs';

const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m1"]
[[providers]]
id = "u2"
keys = ["k2"]
models = ["m2"]
`;
const provider = (id, model, more = '') =>
  `[[providers]]\nid = "${id}"\nbase_url = "{${id}}"\nkeys = ["k${id.slice(1)}"]\n[[providers.models]]\nid = "${model}"\n${more}`;
const ONE = provider('u1', 'm1');

// Reads a stream piece by piece; `piece` is told of each new event's content.
async function read(answer, piece = () => {}) {
  let text = '';
  let seen = 0;
  for await (const part of answer) {
    text += part;
    const parts = events(text.slice(0, text.lastIndexOf('\n\n') + 2));
    for (; seen < parts.length; ++seen) await piece(parts[seen]);
  }
  return text;
}

scene('S1 pieces of a stream come through one by one', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: ONE});
  await farm.set('u1', {answer: {tokens: 20, token_rate: 10}});
  const answer = await gateway.open({...chat('m1'), stream: true});
  assert.match(answer.headers['content-type'], /^text\/event-stream/);
  const lags = [];
  let pieces = 0;
  const text = await read(answer, async (data) => {
    if (data === '[DONE]' || !JSON.parse(data).choices[0]?.delta.content) return;
    // All of the answer's pieces have about one size, so the bytes sent tell how many have left the provider.
    const [{bytes_sent}] = await farm.requests();
    lags.push({piece: pieces++, bytes_sent});
  });
  assert.equal(pieces, 20);
  const total = (await farm.requests())[0].bytes_sent;
  for (const {piece, bytes_sent} of lags.slice(0, 17)) {
    assert.ok(bytes_sent < (total * (piece + 3)) / 20 + 300, `piece ${piece} came when ${bytes_sent} of ${total} were sent`);
  }
  assert.equal(content(text), Array.from({length: 20}, (_, i) => `w${i}`).join(' '));
  assert.equal(events(text).at(-1), '[DONE]');
});

// When each piece of content arrives, in ms since the request was sent.
async function arrivals(send) {
  const began = performance.now();
  const times = [];
  await read(await send(), (data) => {
    if (data !== '[DONE]' && JSON.parse(data).choices[0]?.delta.content) times.push(performance.now() - began);
  });
  return times;
}

scene('S1 pieces are hardly later than they are without a gateway, all but one of 20', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: ONE});
  await farm.set('u1', {answer: {tokens: 20, token_rate: 10}});
  const body = {...chat('m1'), stream: true};
  const direct = async () => {
    const headers = {'content-type': 'application/json', authorization: 'Bearer k1'};
    const request = http.request(`${farm.providers.u1}/chat/completions`, {method: 'POST', headers, agent: false});
    request.end(JSON.stringify(body));
    return (await once(request, 'response'))[0];
  };
  const [through, straight] = await Promise.all([arrivals(() => gateway.open(body)), arrivals(direct)]);
  assert.equal(through.length, 20);
  assert.equal(straight.length, 20);
  // All but one, which whatever else runs on the machine may hold up.
  const later = through.map((time, i) => time - straight[i]).sort((a, b) => a - b);
  assert.ok(later[18] < 50, `${later.map((ms) => ms.toFixed(1))} ms later`);
});

scene('J9 a data URL of 20 MB arrives byte for byte', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: `[server]\nbody_limit = "32MiB"\n${ONE}vision = true\n`});
  const bytes = Buffer.alloc(15_000_000);
  for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32LE((i * 2654435761) >>> 0, i);
  const url = `data:image/png;base64,${bytes.toString('base64')}`;
  const parts = [{type: 'text', text: 'what is this?'}, {type: 'image_url', image_url: {url}}];
  const body = JSON.stringify({model: 'm1', messages: [{role: 'user', content: parts}]});
  assert.ok(body.length > 20_000_000);
  const answer = await gateway.ask(body);
  assert.equal(answer.status, 200, answer.text.slice(0, 500));
  const [request] = await farm.requests();
  assert.equal(request.body_size, body.length);
  assert.equal(request.sha256, createHash('sha256').update(body).digest('hex'));
});

scene('J1 J2 a document that needs no change travels byte for byte', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: ONE});
  const body =
    '{ "x_custom" : {"a":[1, 2.50, 1e3, "\\u00e9\\/"]},"model":"m1", "user":"u", "metadata":{"k":"v"}, "service_tier":"auto",\n' +
    '"prediction":{"type":"content","content":"x"}, "verbosity":"low", "messages":[ {"role":"user","content":[{"type":"text",' +
    '"text":"hi \\ud83d\\ude00","cache_control":{"type":"ephemeral"}}] , "reasoning_details":[{}]} ] }';
  assert.equal((await gateway.ask(body)).status, 200);
  assert.equal((await farm.requests())[0].body, body);
});

scene('T9 SIGTERM: open streams finish, new connections are refused, the exit code is 0', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: ONE});
  await farm.set('u1', {answer: {tokens: 30, token_rate: 15}});
  const streams = await Promise.all([0, 1, 2].map(() => gateway.open({...chat('m1'), stream: true})));
  const texts = streams.map((answer) => read(answer));
  const idle = net.connect(gateway.port, '127.0.0.1');
  await once(idle, 'connect');
  const closed = new Promise((resolve) => idle.on('error', () => {}).on('close', resolve));

  gateway.kill('SIGTERM');
  await eventually(async () => {
    const socket = net.connect(gateway.port, '127.0.0.1');
    const outcome = await Promise.race([once(socket, 'connect').then(() => 'connected'), once(socket, 'error')]).catch((e) => e);
    socket.destroy();
    return outcome !== 'connected';
  }, 'new connections are refused');
  assert.ok(gateway.running(), 'it waits for the streams');
  for (const text of await Promise.all(texts)) {
    assert.equal(content(text), Array.from({length: 30}, (_, i) => `w${i}`).join(' '));
    assert.equal(events(text).at(-1), '[DONE]');
  }
  assert.deepEqual(await gateway.exited, {code: 0, signal: null});
  await closed;
});

scene('T9 what open streams used is counted after a drain and a new start', async (stage) => {
  const config = provider('u1', 'm1', 'limits = { rpd = 3 }\n');
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config});
  await farm.set('u1', {answer: {tokens: 10, token_rate: 10}});
  const streams = await Promise.all([0, 1, 2].map(() => gateway.open({...chat('m1'), stream: true})));
  gateway.kill('SIGTERM');
  for (const answer of streams) assert.equal(events(await read(answer)).at(-1), '[DONE]');
  assert.deepEqual(await gateway.exited, {code: 0, signal: null});

  const again = await stage.gateway(configuration(farm, config), {data: gateway.data});
  const {usage} = await again.admin('usage');
  assert.deepEqual([usage[0].requests, usage[0].answered], [3, 3]);
  const {pools} = await again.admin('pools');
  assert.deepEqual(pools.map((pool) => [pool.name, pool.used, pool.in_flight]), [['u1/key#1/m1/rpd', 3, 0]]);
  const spent = await again.ask(chat('m1'));
  assert.equal(spent.status, 429, spent.text);
  assert.ok(Number(spent.headers['retry-after']) >= 1);
  assert.equal(await farm.received(), 3);
});

scene('SIGHUP changes how long a silent conversation keeps its model', async (stage) => {
  const config = (order, more = '') =>
    `${ONE}${provider('u2', 'm2')}[routing]\nstrategy = "priority"\norder = ["${order.join('", "')}"]\n${more}`;
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: config(['u2/m2', 'u1/m1'])});
  const ask = async () => (await gateway.ask(chat('auto'), {headers: {'x-session-id': 's1'}})).headers['x-routed-via'];
  assert.equal(await ask(), 'u2/m2');
  await gateway.reload(configuration(farm, config(['u1/m1', 'u2/m2'])));
  assert.equal(await ask(), 'u2/m2', 'the session stays where it is');
  await gateway.reload(configuration(farm, config(['u1/m1', 'u2/m2'], 'session_ttl = "1ms"\n')));
  assert.equal(await ask(), 'u1/m1', 'it was silent for longer');
  assert.doesNotMatch(gateway.said, /session_ttl applies from the next start/);
});

scene('SIGHUP adds a provider; a bad file leaves the running configuration in place', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: ONE});
  await farm.set('u1', {answer: {tokens: 20, token_rate: 10}});
  assert.equal((await gateway.ask(chat('m2'))).status, 404);
  const open = read(await gateway.open({...chat('m1'), stream: true}));

  const two = configuration(farm, ONE + provider('u2', 'm2'));
  assert.match(await gateway.reload(two), /reloaded/);
  assert.equal((await gateway.ask(chat('m2'))).status, 200);
  assert.equal(events(await open).at(-1), '[DONE]', 'a stream of before the reload ends well');

  for (const bad of ['[[providers]\n', two + '\n[routing]\ndeadlin = "3s"\n', two.replace('k2', 'with space')]) {
    assert.match(await gateway.reload(bad), /stays in place/);
    assert.equal((await gateway.ask(chat('m2'))).status, 200);
  }
  assert.match(gateway.said, /deadlin/, 'the mistake is named');
  assert.match(await gateway.reload(configuration(farm, ONE)), /reloaded/);
  assert.equal((await gateway.ask(chat('m2'))).status, 404, 'what was taken out is gone');
});

scene('a key is made and printed at the first start, and never again', async (stage) => {
  const farm = await stage.farm(SCENARIO);
  const data = path.join(stage.directory(), 'data');
  const first = await stage.gateway('[catalog]\nbuiltin = false\n[server]\nthreads = 2\n', {data});
  const printed = first.said.match(/fw-[A-Za-z0-9_-]{32,}/g);
  assert.equal(printed?.length, 1, first.said);
  assert.ok(first.stdout.includes(printed[0]), 'on standard output');
  const list = (gateway, key) => gateway.ask(undefined, {method: 'GET', target: '/v1/models', key});
  assert.equal((await list(first, printed[0])).status, 200);
  assert.equal((await list(first, 'fw-another')).status, 401);
  assert.equal((await list(first, '')).status, 401);
  await first.stop();

  const second = await stage.gateway(`[catalog]\nbuiltin = false\n${ONE.replace('{u1}', farm.providers.u1)}`, {data});
  assert.ok(!second.said.includes('fw-'), second.said);
  assert.equal((await second.ask(chat('m1'), {key: printed[0]})).status, 200, 'it goes on to work');
});

scene('a key that its provider no longer takes rests before a request finds out, until it is taken again', async (stage) => {
  const farm = await stage.farm('[[providers]]\nid = "u1"\nkeys = ["another-key"]\nmodels = ["m1"]\n');
  const config = `
[keys]
check_every = "400ms"
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["the-key-of-u1"]
probe = { paths = ["/models"], valid = ["200"], invalid = ["401"] }
  [[providers.models]]
  id = "m1"
`;
  const gateway = await stage.gateway(configuration(farm, config));
  const benches = async () => (await gateway.admin('benches')).benches;
  const bench = await eventually(async () => (await benches())[0], 'the key rests');
  assert.deepEqual([bench.scope, bench.reason], ['u1 key#1', 'invalid_key']);
  assert.equal((await farm.stats('u1')).received, 0, 'no chat was asked for');
  assert.equal((await gateway.ask(chat('m1'))).status, 503);
  assert.match(await gateway.reload(configuration(farm, config.replace('the-key-of-u1', 'another-key'))), /reloaded/);
  await eventually(async () => (await benches()).length === 0, 'the bench of the old key is gone');
  assert.equal((await gateway.ask(chat('m1'))).status, 200);
});

scene('a dead key is asked once, over reloads and a kill, until what concerns it changes or somebody knows better', async (stage) => {
  const farm = await stage.farm('[[providers]]\nid = "u1"\nkeys = ["k1", "k1-new"]\nmodels = ["m1"]\n' +
    '[[providers]]\nid = "u2"\nkeys = ["k2", "k2-more"]\nmodels = ["m2"]\n');
  const config = configuration(farm, provider('u1', 'm1') + provider('u2', 'm2'));
  let gateway = await stage.gateway(config);
  await farm.set('u1', {fault: {kind: 'status', status: 401}});
  const asked = async () => (await farm.stats('u1')).received;
  const rests = async (count, after) => {
    assert.equal((await gateway.ask(chat('m1'))).status, 503, after);
    assert.equal(await asked(), count, after);
  };
  await rests(1, 'the first to find out');
  const post = (target, body) => gateway.admin(target, {method: 'POST', body});
  await post('clients', {name: 'phone'});
  await rests(1, 'a client key more');
  await post('keys', {provider: 'u2', value: 'k2-more'});
  await rests(1, 'a key of somebody else');
  await gateway.admin('preferences', {method: 'PUT', body: {order: ['u2/m2']}});
  await rests(1, 'a preference');
  assert.match(await gateway.reload(config.replace('[[providers.models]]\nid = "m1"', '[[providers.models]]\nid = "m1"\nlimits = { rpm = 50 }')), /reloaded/);
  await rests(1, 'a limit');
  gateway.kill('SIGKILL');
  await gateway.exited;
  gateway = await stage.gateway(config, {data: gateway.data});
  await rests(1, 'a kill');

  assert.match(await gateway.reload(config.replace('keys = ["k1"]', 'keys = ["k1-new"]')), /reloaded/);
  await rests(2, 'another value, which is dead too');
  await farm.set('u1', {fault: null});
  assert.equal((await gateway.ask(chat('m1'))).status, 503, 'nobody has told us');
  const check = await gateway.command(['keys', 'check', 'u1:key#1']);
  assert.equal(check.code, 0, check.out + check.err);
  assert.equal((await gateway.ask(chat('m1'))).status, 200, 'its provider takes it');
});

scene('T8 health, unknown paths and wrong methods answer in JSON', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO, config: ONE});
  for (const target of ['/livez', '/readyz']) {
    assert.equal((await gateway.ask(undefined, {method: 'GET', target, key: ''})).status, 200, target);
  }
  const unknown = await gateway.ask(undefined, {method: 'GET', target: '/v1/nothing'});
  assert.equal(unknown.status, 404);
  assert.ok(unknown.json.error.message);
  const wrong = await gateway.ask(undefined, {method: 'GET'});
  assert.equal(wrong.status, 405);
  assert.match(wrong.headers.allow, /POST/);
  assert.ok(wrong.json.error.message);
});
