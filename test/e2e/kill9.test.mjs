// The gateway is killed with -9 again and again. What it has used stays used, what rests goes on resting, nothing is corrupt,
// and when the windows have passed all of it can be used again.
import assert from 'node:assert/strict';
import {statSync} from 'node:fs';
import path from 'node:path';

import {chat, configuration, count, eventually, scene, scenes} from './harness.mjs';

const KILLS = Number(process.env.KILLS ?? 200);

// Requests on and on, `width` at a time, until `stop` is called; what became of them does not matter.
function load(gateway, body, width) {
  let going = true;
  const one = async () => {
    while (going) {
      const answer = await gateway.ask(body).catch(() => null);
      if (answer?.status !== 200) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const all = Promise.all(Array.from({length: width}, one));
  return () => {
    going = false;
    return all;
  };
}

const kill9 = async (gateway) => {
  gateway.kill('SIGKILL');
  assert.equal((await gateway.exited).signal, 'SIGKILL');
};

scene(
  `G5 killed with -9 under load, ${KILLS} times: no window is ever overrun, and afterwards all of it can be used`,
  async (stage) => {
    // Windows of three seconds, so that they pass often in a test; a day of tokens and of requests over all of it.
    const scenario = `
minute = "3s"
[[providers]]
id = "u1"
keys = ["k1", "k2"]
latency = "5ms"
jitter = "60ms"
models = ["m", "n"]
limits = { rpm = 30, rpd = 1000000 }
model_limits = { rpm = 20, concurrency = 40 }
`;
    const config = `
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1", "k2"]
limits = { rpd = 1000000 }
  [[providers.pools]]
  name = "key"
  unit = "requests"
  limit = 30
  window = "sliding 3s"
  charge = "attempt"
${['m', 'n']
  .map(
    (id) => `
  [[providers.models]]
  id = "${id}"
  [[providers.pools]]
  name = "${id}"
  unit = "requests"
  limit = 20
  window = "sliding 3s"
  charge = "attempt"
  models = ["${id}"]
`,
  )
  .join('')}
[routing]
queue_wait = "0s"
`;
    const farm = await stage.farm(scenario);
    const data = path.join(stage.directory(), 'data');
    const begun = Date.now();
    let slowest = 0;
    for (let round = 0; round < KILLS; ++round) {
      const before = Date.now();
      const env = {FREEWAY_SERVER_THREADS: round % 4 < 2 ? '1' : '4'};
      const gateway = await stage.gateway(configuration(farm, config), {data, env});
      slowest = Math.max(slowest, Date.now() - before);
      const stop = load(gateway, chat(round % 2 ? 'm' : 'n'), 20);
      await new Promise((resolve) => setTimeout(resolve, 40 + (round * 37) % 160));
      assert.doesNotMatch(gateway.said, /torn|unreadable|kept in memory/);
      await kill9(gateway);
      await stop();
    }
    const stats = await farm.stats('u1');
    for (const [name, key] of Object.entries(stats.keys)) {
      assert.ok(key.windows.rpm.arrived_max <= 30, `${name}: ${key.windows.rpm.arrived_max} in a window of 30`);
      for (const [id, model] of Object.entries(key.models))
        assert.ok(model.windows.rpm.arrived_max <= 20, `${name}/${id}: ${model.windows.rpm.arrived_max} in a window of 20`);
    }
    assert.equal(stats.refused, 0, 'the provider had to refuse nothing');
    // So much was possible; over-counting what was in flight must not eat it up.
    const possible = ((Date.now() - begun) / 3000) * 60;
    assert.ok(stats.received >= possible * 0.3, `${stats.received} of about ${Math.round(possible)} were used`);

    // Nothing is stuck: when the windows have passed, a whole window's worth is there at once.
    await new Promise((resolve) => setTimeout(resolve, 3700));
    const gateway = await stage.gateway(configuration(farm, config), {data});
    const answers = await Promise.all(Array.from({length: 40}, () => gateway.ask(chat('m'))));
    assert.ok(count(answers, (answer) => answer.status)[200] >= 24, JSON.stringify(count(answers, (answer) => answer.status)));
    assert.ok(statSync(path.join(data, 'journal')).size <= 4 << 20);
    console.log(`${KILLS} kills, ${stats.received} calls, slowest start ${slowest} ms`);
  },
  {timeout: 270_000},
);

scenes('G5 killed with 20 in flight: they count on, and nothing is counted twice', async (stage) => {
  const farm = await stage.farm('[[providers]]\nid = "u1"\nkeys = ["k"]\nmodels = ["m"]\nlimits = { rpm = 30 }\nfault = "hang"\n');
  const config = configuration(farm, `
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k"]
  [[providers.pools]]
  name = "key"
  unit = "requests"
  limit = 30
  window = "sliding 60s"
  charge = "attempt"
  [[providers.models]]
  id = "m"
[routing]
queue_wait = "0s"
`);
  const data = path.join(stage.directory(), 'data');
  let gateway = await stage.gateway(config, {data});
  const open = Array.from({length: 20}, () => gateway.ask({...chat('m'), stream: true}).catch(() => null));
  await eventually(async () => (await farm.received()) === 20, '20 calls are under way');
  await kill9(gateway);
  assert.deepEqual(await Promise.all(open), Array(20).fill(null), 'none was answered');
  await farm.set('u1', {fault: null});

  gateway = await stage.gateway(config, {data});
  const answers = await Promise.all(Array.from({length: 30}, () => gateway.ask(chat('m'))));
  assert.deepEqual(count(answers, (answer) => answer.status), {200: 10, 429: 20});
  const stats = await farm.stats('u1');
  assert.deepEqual([stats.received, stats.refused], [30, 0]);
});

scene('G5 F11 quota that was used and a bench that was told outlive kill -9; stale ones expire', async (stage) => {
  const scenario = `
minute = "5s"
[[providers]]
id = "u1"
keys = ["k"]
models = ["m"]
limits = { rpm = 5 }
[[providers]]
id = "u2"
keys = ["k"]
models = ["m"]
script = ["429 retry-after=6"]
[[providers]]
id = "u3"
keys = ["k", "dead"]
models = ["w"]
`;
  const config = `
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k"]
  [[providers.pools]]
  name = "few"
  unit = "requests"
  limit = 5
  window = "sliding 5s"
  charge = "attempt"
  [[providers.models]]
  id = "m"
[[providers]]
id = "u2"
base_url = "{u2}"
keys = ["k"]
  [[providers.models]]
  id = "m"
[[providers]]
id = "u3"
base_url = "{u3}"
keys = ["wrong"]
  [[providers.models]]
  id = "w"
[routing]
queue_wait = "0s"
`;
  const farm = await stage.farm(scenario);
  const data = path.join(stage.directory(), 'data');
  let gateway = await stage.gateway(configuration(farm, config), {data});

  // The bench, a dead key, a session, and then all of the quota.
  const begun = Date.now();
  const first = await gateway.ask(chat('u2/m'));
  assert.equal(first.status, 429);
  assert.equal((await gateway.ask(chat('u3/w'))).status, 503);
  for (let i = 0; i < 5; ++i) assert.equal((await gateway.ask(chat('u1/m'))).status, 200);
  assert.equal((await gateway.ask(chat('u1/m'))).status, 429);
  const seen = await farm.stats();

  for (let round = 0; round < 3; ++round) {
    await kill9(gateway);
    gateway = await stage.gateway(configuration(farm, config), {data});
    const spent = await gateway.ask(chat('u1/m'));
    const rests = await gateway.ask(chat('u2/m'));
    const dead = await gateway.ask(chat('u3/w'));
    const now = Date.now();
    if (now - begun < 4000) {
      assert.equal(spent.status, 429);
      assert.equal(rests.status, 429);
      // The provider's word, exact to a second, whoever heard it.
      const left = 6 - (now - begun) / 1000;
      assert.ok(Math.abs(Number(rests.headers['retry-after']) - left) <= 1.5, `${rests.headers['retry-after']} of ${left}`);
    }
    assert.equal(dead.status, 503, 'a dead key stays dead while it is configured as it was');
  }
  assert.equal((await farm.stats('u1')).received, seen.u1.received, 'nobody was asked');
  assert.equal((await farm.stats('u2')).received, seen.u2.received);
  assert.equal((await farm.stats('u3')).received, seen.u3.received);

  // Stale ones expire, also while nobody runs.
  await kill9(gateway);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, begun + 7000 - Date.now())));
  gateway = await stage.gateway(configuration(farm, config), {data});
  for (let i = 0; i < 5; ++i) assert.equal((await gateway.ask(chat('u1/m'))).status, 200);
  assert.equal((await gateway.ask(chat('u1/m'))).status, 429);
  assert.equal((await gateway.ask(chat('u2/m'))).status, 200);
});

scene('a session stays with its model over kill -9', async (stage) => {
  const farm = await stage.farm(`
[[providers]]
id = "u1"
keys = ["k"]
models = ["m"]
[[providers]]
id = "u2"
keys = ["k"]
models = ["m"]
`);
  const text = (order) => `
${['u1', 'u2']
  .map((id) => `[[providers]]\nid = "${id}"\nbase_url = "{${id}}"\nkeys = ["k"]\n  [[providers.models]]\n  id = "m"\n`)
  .join('')}
[routing]
strategy = "priority"
order = ${JSON.stringify(order)}
`;
  const data = path.join(stage.directory(), 'data');
  const headers = {'x-session-id': 'a conversation'};
  let gateway = await stage.gateway(configuration(farm, text(['u2/m', 'u1/m'])), {data});
  assert.equal((await gateway.ask(chat('auto'), {headers})).headers['x-routed-via'], 'u2/m');
  // It is remembered a moment after the client has its answer.
  await eventually(async () => {
    const {text} = await gateway.ask(undefined, {target: '/metrics', method: 'GET', key: null});
    return /^freeway_sessions 1$/m.test(text);
  }, 'the session is kept');
  await kill9(gateway);
  gateway = await stage.gateway(configuration(farm, text(['u1/m', 'u2/m'])), {data});
  assert.equal((await gateway.ask(chat('auto'))).headers['x-routed-via'], 'u1/m');
  assert.equal((await gateway.ask(chat('auto'), {headers})).headers['x-routed-via'], 'u2/m');
});
