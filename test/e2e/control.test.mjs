// What a person changes through the admin API of the real program: keys pasted as one text, the order of models, models that
// are off, profiles, clients that expire; what the settings say of themselves, and the dashboard's own requests.
import assert from 'node:assert/strict';

import {chat, CLIENT_KEY, content, eventually, scene} from './harness.mjs';

const TOKEN = 'token-of-the-administrator-1234';
const KEYS = {u1: 'sk-upstream-secret-of-u1', u2: 'sk-upstream-secret-of-u2'};
const FRESH = 'fresh-upstream-secret-of-u2';
const SCENARIO = `
[[providers]]
id = "u1"
keys = ["${KEYS.u1}"]
models = ["m1", "m2"]
[[providers]]
id = "u2"
keys = ["${KEYS.u2}", "${FRESH}"]
models = ["m1", "m3"]
`;
const CONFIG = `
[server]
admin_token = "${TOKEN}"
[[client_keys]]
name = "laptop"
key = "${CLIENT_KEY}"
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["${KEYS.u1}"]
[[providers.models]]
id = "m1"
[[providers.models]]
id = "m2"
[[providers]]
id = "u2"
base_url = "{u2}"
env = ["UTWO_API_KEY"]
keys = ["${KEYS.u2}"]
[[providers.models]]
id = "m1"
[[providers.models]]
id = "m3"
[routing]
order = ["u2/m3"]
[profiles]
coding = ["u1/m2", "u2/m1"]
`;

const start = (stage, options) => stage.start({scenario: SCENARIO, config: CONFIG, ...options});
const ask = (gateway, method, target, body, options = {}) =>
  gateway.ask(body, {target: `/admin/api/${target}`, method, key: TOKEN, ...options});
async function told(gateway, method, target, body, status) {
  const answer = await ask(gateway, method, target, body);
  assert.ok(status ? answer.status === status : answer.status < 300, `${target}: ${answer.status} ${answer.text}`);
  return answer.json;
}
const served = async (gateway, model = 'auto') => {
  const answer = await gateway.ask(chat(model));
  assert.equal(answer.status, 200, answer.text);
  return answer.headers['x-routed-via'];
};

scene('a pasted .env text is shown, added and used', async (stage) => {
  const {farm, gateway} = await start(stage);
  gateway.hides([FRESH]);
  const text = `# mine\nUTWO_API_KEY=${KEYS.u2}\nUTWO_API_KEY_2=${FRESH}\nDATABASE_URL=postgres://db/x\nUTWO_API_KEY_3=wrong-key-that-u2-refuses\n`;
  const preview = await told(gateway, 'POST', 'keys/preview', {text});
  assert.equal(preview.format, 'env');
  assert.deepEqual(preview.rows.map(({line, provider, state}) => [line, provider, state]), [
    [2, 'u2', 'known'],
    [3, 'u2', 'new'],
    [5, 'u2', 'new'],
  ]);
  assert.deepEqual(preview.rows[1].unlocks, ['u2/m1', 'u2/m3']);
  assert.deepEqual(preview.passed_over.map((one) => one.line), [4]);
  assert.ok(!JSON.stringify(preview).includes(FRESH));
  assert.equal((await told(gateway, 'GET', 'keys')).keys.length, 2, 'a preview changes nothing');

  const done = await told(gateway, 'POST', 'keys/import', {text, check: true}, 201);
  assert.equal(done.added.length, 1);
  assert.equal(done.added[0].check.result, 'valid');
  assert.deepEqual(done.refused.map((one) => one.line), [5]);
  // Keys of one model share its load, so the new one is asked too.
  for (let i = 0; i < 4; ++i) await gateway.ask(chat('u2/m3'));
  const stats = await farm.stats('u2');
  assert.ok(stats.keys[FRESH].models.m3.received > 0, JSON.stringify(stats.keys));

  // The values leave over the socket alone.
  assert.equal((await ask(gateway, 'POST', 'keys/export', {format: 'env'})).status, 403);
  assert.equal((await ask(gateway, 'POST', 'keys/export', {format: 'env'}, {key: CLIENT_KEY})).status, 401);
});

scene('an order put by a person holds for the next request and after a restart', async (stage) => {
  const {farm, gateway} = await start(stage);
  assert.equal(await served(gateway), 'u2/m3');
  const put = await told(gateway, 'PUT', 'preferences', {order: ['u1/m2', 'u2/m1']});
  assert.deepEqual(put.in_force.order, ['u1/m2', 'u2/m1', 'u2/m3']);
  assert.equal(await served(gateway), 'u1/m2');
  const wrong = await ask(gateway, 'PUT', 'preferences', {order: ['u1/m9']});
  assert.equal(wrong.status, 400);
  assert.match(wrong.json.error.message, /"u1\/m9"/);
  assert.equal(await served(gateway), 'u1/m2');
  assert.equal((await ask(gateway, 'PUT', 'preferences', {}, {key: CLIENT_KEY})).status, 401);

  await gateway.stop();
  const filled = CONFIG.replace(/\{(\w+)\}/g, (all, id) => farm.providers[id]);
  const again = await stage.gateway(`[catalog]\nbuiltin = false\n${filled}`, {data: gateway.data});
  assert.deepEqual((await told(again, 'GET', 'preferences')).order, ['u1/m2', 'u2/m1']);
  assert.equal(await served(again), 'u1/m2');
  const explained = await told(again, 'POST', 'explain', chat('auto'));
  assert.equal(explained.candidates[0].route.split(' ')[0], 'u1/m2');
  // The command beside it sees the same.
  const route = await again.command(['route', 'hi', '--json']);
  assert.equal(JSON.parse(route.out).candidates[0].provider, 'u1');
  await again.stop();
  const alone = await again.command(['route', 'hi', '--json']);
  assert.equal(JSON.parse(alone.out).candidates[0].route.split(' ')[0], 'u1/m2', 'without a server too');
});

scene('what is off is asked by nobody and says why', async (stage) => {
  const {farm, gateway} = await start(stage);
  await told(gateway, 'PUT', 'preferences', {off: ['u2', 'u1/m1']});
  for (let i = 0; i < 5; ++i) assert.equal(await served(gateway), 'u1/m2');
  assert.equal((await farm.stats('u2')).received, 0);
  for (const name of ['u2/m3', 'm3', 'u1/m1', 'm1']) {
    const refused = await gateway.ask(chat(name));
    assert.equal(refused.status, 404, name);
    assert.match(refused.json.error.message, /switched off/, name);
  }
  const rows = (await told(gateway, 'GET', 'models')).models;
  const reasons = Object.fromEntries(rows.map((row) => [row.id, row.reason]));
  assert.deepEqual(reasons, {'u1/m1': 'switched off by you', 'u1/m2': null, 'u2/m1': 'switched off by you', 'u2/m3': 'switched off by you'});
  const {left_out: out} = await told(gateway, 'POST', 'explain', chat('auto'));
  assert.deepEqual(out.map((one) => [one.provider, one.model, one.why, one.reason]), [
    ['u1', 'm1', 'off', 'switched off by you'],
    ['u2', 'm1', 'off', 'switched off by you'],
    ['u2', 'm3', 'off', 'switched off by you'],
  ]);
  const listed = await gateway.ask(undefined, {target: '/v1/models', method: 'GET'});
  assert.deepEqual(listed.json.data.map((row) => row.id).sort(), ['auto', 'm2', 'u1/m2']);
  const models = await gateway.command(['models', '--all']);
  assert.match(models.out, /u2\/m3 .*switched off by you/);
  assert.equal((await told(gateway, 'GET', 'keys')).keys.find((key) => key.provider === 'u2').state, 'unused');

  await told(gateway, 'PUT', 'preferences', {off: ['u1', 'u2']});
  const nothing = await gateway.ask(chat('auto'));
  assert.equal(nothing.status, 503);
  assert.match(nothing.json.error.message, /Every model that 'auto' could mean is switched off/);
  await told(gateway, 'PUT', 'preferences', {});
  assert.equal(await served(gateway), 'u2/m3');
});

scene('a profile put by a person is auto:<name>', async (stage) => {
  const {gateway} = await start(stage);
  assert.equal(await served(gateway, 'auto:coding'), 'u1/m2');
  await told(gateway, 'PUT', 'preferences', {profiles: {coding: ['u2/m1'], mine: ['u1/m1', 'm3']}});
  assert.equal(await served(gateway, 'auto:coding'), 'u2/m1', "in the place of the file's");
  assert.equal(await served(gateway, 'auto:mine'), 'u1/m1');
  assert.equal((await ask(gateway, 'PUT', 'preferences', {profiles: {fast: ['u1/m1']}})).status, 400);
  await told(gateway, 'PUT', 'preferences', {profiles: {mine: ['u1/m1']}});
  assert.equal(await served(gateway, 'auto:coding'), 'u1/m2');
});

scene('a client expires, and is given a longer time', async (stage) => {
  const {gateway} = await start(stage);
  const late = new Date(Date.now() + 3_600_000).toISOString();
  const fresh = await told(gateway, 'POST', 'clients', {name: 'guest', expires: late}, 201);
  assert.equal(fresh.expires, late);
  assert.equal((await gateway.ask(chat('u1/m1'), {key: fresh.key})).status, 200);
  const soon = async () => ask(gateway, 'PATCH', 'clients/guest', {expires: new Date(Date.now() + 1000).toISOString()});
  await eventually(async () => (await soon()).status === 200, 'a moment that is yet to come');
  const refused = await eventually(async () => {
    const answer = await gateway.ask(chat('u1/m1'), {key: fresh.key});
    return answer.status === 401 && answer;
  }, 'the end of the key');
  assert.match(refused.json.error.message, /This API key expired at /);
  assert.equal(refused.json.error.code, 'expired_api_key');
  const changed = await told(gateway, 'PATCH', 'clients/guest', {expires: null, models: ['u1/m2'], rpm: 5});
  assert.equal(changed.expires, null);
  assert.deepEqual(changed.models, ['u1/m2']);
  assert.equal((await gateway.ask(chat('u1/m2'), {key: fresh.key})).status, 200);
  assert.equal((await gateway.ask(chat('u1/m1'), {key: fresh.key})).status, 403);
  await told(gateway, 'PATCH', 'clients/guest', {models: null});
  assert.equal((await gateway.ask(chat('u1/m1'), {key: fresh.key})).status, 200);
  const row = (await told(gateway, 'GET', 'clients')).clients.find((one) => one.name === 'guest');
  assert.deepEqual([row.source, row.rpm, row.expires], ['store', 5, null]);
  assert.equal((await ask(gateway, 'PATCH', 'clients/laptop', {rpm: 1})).status, 422, "the file's");
  assert.equal((await ask(gateway, 'PATCH', 'clients/nobody', {rpm: 1})).status, 404);
  assert.equal((await ask(gateway, 'POST', 'clients', {name: 'dashboard'})).status, 409);
});

scene('settings say who set them', async (stage) => {
  const {gateway} = await start(stage, {env: {FREEWAY_ROUTING_DEADLINE: '50s'}});
  await told(gateway, 'PUT', 'preferences', {order: ['u1/m2']});
  const {settings} = await told(gateway, 'GET', 'settings');
  const of = (section, key) => settings.find((one) => one.section === section && one.key === key);
  assert.deepEqual([of('server', 'listen').source, of('server', 'listen').where, of('server', 'listen').value], ['flag', '--listen', '127.0.0.1:0']);
  assert.deepEqual([of('routing', 'deadline').value, of('routing', 'deadline').source, of('routing', 'deadline').where], ['50s', 'environment', 'FREEWAY_ROUTING_DEADLINE']);
  assert.deepEqual([of('routing', 'order').value, of('routing', 'order').source], [['u1/m2', 'u2/m3'], 'dashboard']);
  assert.deepEqual([of('routing', 'strategy').value, of('routing', 'strategy').source, of('routing', 'strategy').where], ['balanced', 'default', null]);
  const token = of('server', 'admin_token');
  assert.equal(token.source, 'file');
  assert.match(token.where, /freeway\.toml:\d+$/);
  assert.ok(token.secret);
  assert.deepEqual(of('profiles', 'coding').value, ['u1/m2', 'u2/m1']);
  for (const secret of [TOKEN, CLIENT_KEY, ...Object.values(KEYS)]) assert.ok(!JSON.stringify(settings).includes(secret));
});

scene('the playground answers as /v1 does, as a client of its own', async (stage) => {
  const {gateway} = await start(stage);
  const body = chat('u1/m1', 'hello there');
  const [whole, played] = [await gateway.ask(body), await ask(gateway, 'POST', 'playground', body)];
  assert.equal(played.status, 200, played.text);
  assert.equal(played.json.choices[0].message.content, whole.json.choices[0].message.content);
  const names = (answer) => Object.keys(answer.headers).filter((name) => name !== 'date').sort();
  assert.deepEqual(names(played), names(whole));
  assert.equal(played.headers['x-routed-via'], whole.headers['x-routed-via']);

  const streamed = {...body, stream: true};
  const [plain, stream] = [await gateway.ask(streamed), await ask(gateway, 'POST', 'playground', streamed)];
  assert.match(stream.headers['content-type'], /^text\/event-stream/);
  assert.equal(content(stream.text), content(plain.text));
  assert.ok(stream.text.trimEnd().endsWith('data: [DONE]'));
  assert.deepEqual(names(stream), names(plain));

  const unknown = await ask(gateway, 'POST', 'playground', chat('nothing'));
  assert.equal(unknown.status, 404);
  assert.equal(unknown.json.error.code, 'model_not_found');
  const rows = await eventually(async () => {
    const page = await told(gateway, 'GET', 'requests?client=dashboard');
    return page.requests.length === 3 && page.requests;
  }, 'three requests in the log');
  assert.deepEqual(rows.map((row) => row.surface), Array(3).fill('chat_completions'));

  // A client key does not open it, and who has no key neither.
  assert.equal((await ask(gateway, 'POST', 'playground', body, {key: CLIENT_KEY})).status, 401);
  assert.equal((await ask(gateway, 'POST', 'playground', body, {key: null})).status, 401);
  assert.equal((await ask(gateway, 'POST', 'playground', body, {headers: {origin: 'https://evil.example'}})).status, 403);
  assert.equal((await ask(gateway, 'GET', 'playground')).status, 405);
  assert.equal((await gateway.ask(body, {key: 'dashboard'})).status, 401);
});
