// Quota, with the simulator as the judge: it enforces its own limits and counts what reached it.
//
// A minute lasts two seconds at these providers, so that several windows pass.
import assert from 'node:assert/strict';

import {chat, count, eventually, scene, scenes} from './harness.mjs';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const times = (n, make) => Array.from({length: n}, (_, i) => make(i));

const THIRTY = `
minute = "2s"
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m1"]
model_limits = { rpm = 30 }
latency = "20ms"
jitter = "150ms"
`;

const thirty = (routing) => `
[routing]
${routing}
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
  [[providers.models]]
  id = "m1"
  [[providers.pools]]
  limit = 30
  window = "sliding 2s"
`;

scenes('G1 1,000 at once against 30 a window: never over, and what there is is used', async (stage) => {
  const config = thirty('deadline = "9s"\nqueue_wait = "8s"');
  const {farm, gateway} = await stage.start({scenario: THIRTY, config});
  const answers = await Promise.all(times(1000, () => gateway.ask(chat('m1'))));
  const statuses = count(answers, (answer) => answer.status);
  assert.deepEqual(Object.keys(statuses).filter((status) => !['200', '429'].includes(status)), [], JSON.stringify(statuses));
  for (const answer of answers.filter((one) => one.status === 429)) {
    assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
  }

  const stats = await farm.stats('u1');
  const window = await farm.window('u1', 'k1', 'm1');
  assert.equal(stats.refused, 0, 'the provider never had to refuse');
  assert.ok(window.arrived_max <= 30, `${window.arrived_max} in one window`);
  assert.equal(stats.received, statuses[200], 'every call was an answer');
  assert.ok(statuses[200] >= 90, `${statuses[200]} answers in four windows`);
});

scenes('G14 60 requests against 30 a window: all are answered, first come first served', async (stage, threads) => {
  const {farm, gateway} = await stage.start({scenario: THIRTY, config: thirty('deadline = "30s"')});
  const asked = [];
  for (let i = 0; i < 60; ++i) {
    asked.push(gateway.ask(chat('m1', `number ${i}.`)));
    await pause(5);
  }
  const answers = await Promise.all(asked);
  assert.deepEqual(count(answers, (answer) => answer.status), {200: 60});
  assert.equal((await farm.stats('u1')).refused, 0);
  assert.equal((await farm.window('u1', 'k1', 'm1')).arrived_max, 30);
  const order = (await farm.requests()).map((request) => Number(/number (\d+)/.exec(request.body)[1]));
  // Calls that leave in the same moment on different connections may change places on their way, and what leaves together
  // when a window opens waits for its thread.
  const slack = threads === 1 ? 3 : 15;
  order.forEach((number, place) => assert.ok(Math.abs(number - place) <= slack, `number ${number} came as ${place} of ${order}`));
});

scenes('G14 a loop of one client does not keep another waiting', async (stage) => {
  const key = (name) => ({key: `fw-client-${name}-0123456789`});
  const clients = ['loop', 'person'].map((name) => `[[client_keys]]\nname = "${name}"\nkey = "${key(name).key}"\n`).join('');
  const {farm, gateway} = await stage.start({
    scenario: THIRTY,
    config: clients + thirty('deadline = "60s"\nqueue_wait = "50s"'),
  });
  // The loop wants four windows of 30; when it has filled the first, a person comes with a few requests.
  const loop = times(120, (i) => gateway.ask(chat('m1', `loop ${i}`), key('loop')));
  await eventually(async () => (await farm.stats('u1')).received >= 30, 'the loop has used the first window');
  const person = times(6, (i) => gateway.ask(chat('m1', `person ${i}`), key('person')));
  const statuses = count(await Promise.all([...loop, ...person]), (answer) => answer.status);
  assert.deepEqual(statuses, {200: 126});
  const order = (await farm.requests('limit=1000')).map((request) => /(loop|person) \d+/.exec(request.body)[1]);
  const last = order.lastIndexOf('person');
  // By turns, all six are among the next twelve or so; behind the loop they would be the last of all.
  assert.ok(last < 60, `the person's last request came as ${last} of ${order.length}`);
  assert.equal((await farm.stats('u1')).refused, 0);
});

const LONG = `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m1"]
[[providers]]
id = "u2"
keys = ["k2"]
models = ["m2"]
`;

scenes('G14 without enough deadline: 429 at once, with the delay of the routes this request could take', async (stage) => {
  const pools = (limit, window) => `[[providers.pools]]\nlimit = ${limit}\nwindow = "sliding ${window}"`;
  const config = `
[routing]
deadline = "10s"
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
[[providers.models]]
id = "m1"
${pools(2, '40s')}
[[providers]]
id = "u2"
base_url = "{u2}"
keys = ["k2"]
[[providers.models]]
id = "m2"
${pools(1, '20s')}
`;
  const {farm, gateway} = await stage.start({scenario: LONG, config});
  const start = Date.now();
  for (const model of ['m1', 'm1', 'm2']) assert.equal((await gateway.ask(chat(model))).status, 200);
  const [first, , other] = await farm.requests();
  await pause(1500);

  for (const [model, opens] of [['m1', first.time + 40_000], ['m2', other.time + 20_000], ['auto', other.time + 20_000]]) {
    const answer = await gateway.ask(chat(model));
    const left = (opens - Date.now()) / 1000;
    assert.equal(answer.status, 429);
    assert.equal(answer.json.error.code, 'rate_limit_exceeded');
    const told = Number(answer.headers['retry-after']);
    // Not before the place is free; not later than its guard of half a second and the rounding.
    assert.ok(told >= left - 0.1 && told <= left + 1.6, `${model}: told ${told}, in truth ${left}`);
  }
  assert.ok(Date.now() - start < 9_000, 'nobody waited');
  assert.equal(await farm.received(), 3);
});

scene('a place is not given before its time, and is given then', async (stage) => {
  const config = thirty('queue_wait = "0s"').replace('limit = 30', 'limit = 1').replace('sliding 2s', 'sliding 3s');
  const scenario = THIRTY.replace('rpm = 30', 'rpm = 1').replace('minute = "2s"', 'minute = "3s"').replace(/jitter.*/, '');
  const {farm, gateway} = await stage.start({scenario, config});
  // Asks all the time: the provider judges each that is let through.
  const end = Date.now() + 12_000;
  while (Date.now() < end) {
    const answer = await gateway.ask(chat('m1'));
    assert.ok([200, 429].includes(answer.status), answer.text);
    await pause(10);
  }
  const stats = await farm.stats('u1');
  assert.equal(stats.refused, 0);
  assert.ok(stats.ok >= 3 && stats.ok <= 4, `${stats.ok} in 12 s, one each 3 s and a guard of at most 0.5 s`);
});

scenes('G3 five models of one account, 100 at once: exactly the 20 that the account has', async (stage) => {
  const models = times(5, (i) => `m${i}`);
  const {farm, gateway} = await stage.start({
    scenario: `[[providers]]\nid = "u1"\nkeys = ["k1"]\nlimits = { rpm = 20 }\nmodels = ${JSON.stringify(models)}\n`,
    config:
      '[routing]\nqueue_wait = "0s"\n[[providers]]\nid = "u1"\nbase_url = "{u1}"\nkeys = ["k1"]\nlimits = { rpm = 20 }\n' +
      models.map((id) => `[[providers.models]]\nid = "${id}"\n`).join(''),
  });
  const answers = await Promise.all(times(100, (i) => gateway.ask(chat(models[i % 5]))));
  assert.deepEqual(count(answers, (answer) => answer.status), {200: 20, 429: 80});
  const stats = await farm.stats('u1');
  assert.deepEqual([stats.received, stats.refused], [20, 0]);
});

scenes('concurrency: the provider never has more calls open than it allows, and all are answered', async (stage) => {
  const {farm, gateway} = await stage.start({
    scenario: '[[providers]]\nid = "u1"\nkeys = ["k1"]\nmodels = ["m1"]\nmodel_limits = { concurrency = 4 }\nlatency = "20ms"\n',
    config:
      '[[providers]]\nid = "u1"\nbase_url = "{u1}"\nkeys = ["k1"]\n[[providers.models]]\nid = "m1"\nlimits = { concurrency = 4 }\n',
  });
  const answers = await Promise.all(times(120, (i) => gateway.ask({...chat('m1'), stream: i % 2 === 0})));
  assert.deepEqual(count(answers, (answer) => answer.status), {200: 120});
  const stats = await farm.stats('u1');
  assert.equal(stats.refused, 0);
  assert.equal(stats.keys.k1.concurrent_max, 4);
});

const G2_MODELS = ['leave', 'die', 'fail', 'good'];

scenes('G2 every dispatched attempt is charged, whatever became of it', async (stage) => {
  const more = 7;
  const {farm, gateway} = await stage.start({
    scenario: `
[[providers]]
id = "u1"
keys = ["k1"]
[[providers.models]]
id = "leave"
fault = "hang"
[[providers.models]]
id = "die"
latency = "400ms"
fault = { kind = "close_mid_stream", after = 2 }
[[providers.models]]
id = "fail"
latency = "400ms"
fault = "500"
[[providers.models]]
id = "good"
`,
    config:
      '[routing]\nqueue_wait = "0s"\n[[providers]]\nid = "u1"\nbase_url = "{u1}"\nkeys = ["k1"]\n' +
      G2_MODELS.map((id) => `[[providers.models]]\nid = "${id}"\n`).join('') +
      `[[providers.pools]]\nlimit = ${180 + more}\nwindow = "once"\ncharge = "attempt"\n`,
  });

  const arrived = eventually(async () => (await farm.received()) === 60, '60 calls at the provider');
  const leaving = times(60, async () => {
    const controller = new AbortController();
    const body = JSON.stringify({...chat('leave'), stream: true});
    const headers = {authorization: 'Bearer fw-end-to-end-client-key', 'content-type': 'application/json'};
    const asked = fetch(`${gateway.url}/v1/chat/completions`, {method: 'POST', body, headers, signal: controller.signal});
    await Promise.all([assert.rejects(asked, {name: 'AbortError'}), arrived.then(() => controller.abort())]);
  });
  await Promise.all(leaving);
  await eventually(async () => (await farm.stats('u1')).aborted === 60, '60 aborts at the provider');

  const died = await Promise.all(times(60, () => gateway.ask({...chat('die'), stream: true})));
  assert.deepEqual(count(died, (answer) => answer.status), {200: 60});
  for (const answer of died) assert.match(answer.text, /"error"/);
  const failed = await Promise.all(times(60, () => gateway.ask(chat('fail'))));
  assert.deepEqual(count(failed, (answer) => answer.status), {502: 60});
  assert.equal(await farm.received(), 180);

  const rest = await Promise.all(times(more + 20, () => gateway.ask(chat('good'))));
  assert.deepEqual(count(rest, (answer) => answer.status), {200: more, 429: 20});
  assert.equal(await farm.received(), 180 + more);
});

scene('G6 nothing left of tokens: no call until the reset, though the call used less than was held for it', async (stage) => {
  const {farm, gateway} = await stage.start({
    scenario: `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m1"]
[providers.fault]
kind = "ok"
[providers.fault.headers]
x-ratelimit-limit-tokens = "60000"
x-ratelimit-remaining-tokens = "0"
x-ratelimit-reset-tokens = "40s"
`,
    config: `
[routing]
queue_wait = "0s"
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
  [[providers.models]]
  id = "m1"
  [[providers.pools]]
  unit = "tokens"
  limit = 60000
  window = "sliding 60s"
`,
  });
  const start = Date.now();
  assert.equal((await gateway.ask({...chat('m1'), max_tokens: 6000})).status, 200);
  for (let i = 0; i < 8; ++i) {
    const answer = await gateway.ask(chat('m1'));
    assert.equal(answer.status, 429, answer.text);
    const told = Number(answer.headers['retry-after']);
    assert.ok(Math.abs(told - (40 - (Date.now() - start) / 1000)) <= 2, `told ${told}`);
  }
  assert.equal(await farm.received(), 1);
});

scene('G2 a call that got lost on a kept connection and is sent again is charged twice', async (stage) => {
  const {farm, gateway} = await stage.start({
    scenario: '[[providers]]\nid = "u1"\nkeys = ["k1"]\nmodels = ["good", { id = "lost", fault = "close_before" }]\n',
    config:
      '[routing]\nqueue_wait = "0s"\n[[providers]]\nid = "u1"\nbase_url = "{u1}"\nkeys = ["k1"]\n' +
      ['good', 'lost'].map((id) => `[[providers.models]]\nid = "${id}"\n`).join('') +
      '[[providers.pools]]\nlimit = 4\nwindow = "once"\n[server]\nthreads = 1\n',
  });
  assert.equal((await gateway.ask(chat('good'))).status, 200);
  assert.equal((await gateway.ask(chat('lost'))).status, 502);
  assert.equal(await farm.received(), 3, 'once on the kept connection, once on a fresh one');
  await farm.set('u1', {model: 'lost', fault: null});
  await eventually(async () => (await gateway.ask(chat('lost'))).status === 200, 'the route is tried again', 20_000);
  const answer = await gateway.ask(chat('good'));
  assert.equal(answer.status, 429, answer.text);
  assert.equal(await farm.received(), 4);
});
