// Which provider answers, as strategies see it, and what a fault does to the others' chances.
import assert from 'node:assert/strict';

import {chat, count, eventually, scene} from './harness.mjs';

const times = (n, make) => Array.from({length: n}, (_, i) => make(i));

// Providers that serve the model of their own name. `providers`: {id: {farm: "…", model: "…"}}.
function several(providers, config = '') {
  const names = Object.keys(providers);
  return {
    scenario: names.map((id) => `[[providers]]\nid = "${id}"\nmodels = ["${id}"]\n${providers[id].farm ?? ''}\n`).join(''),
    config:
      config +
      names
        .map(
          (id) =>
            `[[providers]]\nid = "${id}"\nbase_url = "{${id}}"\nkeys = ["key-of-${id}"]\n` +
            `[[providers.models]]\nid = "${id}"\n${providers[id].model ?? ''}\n`,
        )
        .join(''),
  };
}

const served = (answer) => (answer.headers['x-routed-via'] ?? String(answer.status)).split('/')[0];

async function ask(gateway, number, model, more = {}) {
  const answers = [];
  for (let i = 0; i < number; ++i) answers.push(await gateway.ask({...chat(model), ...more}));
  return answers;
}

scene('fast leaves the slow provider, and keeps to the quick one', async (stage) => {
  const {gateway} = await stage.start(several({slow: {farm: 'token_rate = 20\ntokens = 6'}, quick: {}, third: {}}));
  const first = await gateway.ask({...chat('auto:fast'), stream: true});
  assert.equal(served(first), 'slow', 'nobody knows better yet');
  await ask(gateway, 3, 'slow', {stream: true});
  await eventually(async () => served(await gateway.ask({...chat('auto:fast'), stream: true})) !== 'slow', 'another is tried');
  const later = await ask(gateway, 10, 'auto:fast', {stream: true});
  assert.equal(later.filter((answer) => served(answer) === 'slow').length, 0);
  assert.equal(served(await gateway.ask({...chat('auto'), stream: true})), 'slow', 'balanced: a few answers are no evidence');
});

scene('reliable leaves the provider that fails now and then', async (stage) => {
  const flaky = {farm: 'fault = { kind = "status", status = 500, probability = 0.5 }'};
  const {gateway} = await stage.start(several({flaky, steady: {}}));
  const answers = await ask(gateway, 20, 'auto:reliable');
  assert.deepEqual(count(answers, (answer) => answer.status), {200: 20});
  await ask(gateway, 20, 'flaky');
  await eventually(async () => served(await gateway.ask(chat('auto:reliable'))) === 'steady', 'steady goes first');
  // Long enough for every bench to have passed.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const later = await ask(gateway, 20, 'auto:reliable');
  assert.deepEqual(count(later, served), {steady: 20});
});

scene('smart follows the rank; priority and profiles keep their order; aliases mean them', async (stage) => {
  const config = '[profiles]\nmine = ["low", "high"]\n[aliases]\n"claude-opus-*" = "auto:smart"\n';
  const {gateway} = await stage.start(
    several({low: {model: 'rank = 30'}, unknown: {}, high: {model: 'rank = 90'}}, config),
  );
  const expected = {
    'auto:smart': 'high',
    'claude-opus-4': 'high',
    'auto:priority': 'low',
    'auto:mine': 'low',
    'auto:balanced': 'unknown',
    auto: 'unknown',
  };
  for (const [model, provider] of Object.entries(expected))
    assert.equal(served(await gateway.ask(chat(model))), provider, model);
});

scene('spread evens out, over models and keys', async (stage) => {
  const {farm, gateway} = await stage.start(several({a: {}, b: {}, c: {}, d: {}}));
  await ask(gateway, 100, 'auto:spread');
  const stats = await farm.stats();
  for (const id of ['a', 'b', 'c', 'd']) assert.ok(Math.abs(stats[id].received - 25) <= 3, `${id}: ${stats[id].received}`);
});

scene('an unknown strategy or profile: 404 with what there is', async (stage) => {
  const {farm, gateway} = await stage.start(several({a: {}}, '[profiles]\nmine = ["a"]\n'));
  const answer = await gateway.ask(chat('auto:clever'));
  assert.equal(answer.status, 404);
  assert.equal(answer.json.error.code, 'model_not_found');
  for (const name of ['auto:balanced', 'auto:spread', 'auto:mine']) assert.ok(answer.json.error.message.includes(name), name);
  assert.equal(await farm.received(), 0);
});

// What fails once in eight calls is no outage.
for (const concurrent of [1, 30]) {
  scene(`six providers that fail 12 % of their calls answer 900 requests, ${concurrent} at a time`, async (stage) => {
    const flaky = {farm: 'fault = { kind = "status", status = 500, probability = 0.12 }'};
    const {gateway} = await stage.start(several(Object.fromEntries(times(6, (i) => [`u${i}`, flaky]))));
    const statuses = [];
    let left = 900;
    const worker = async () => {
      while (left-- > 0) statuses.push((await gateway.ask(chat('auto'))).status);
    };
    await Promise.all(times(concurrent, worker));
    const answered = statuses.filter((status) => status === 200).length;
  assert.equal(statuses.length, 900);
    assert.ok(answered >= 891, `${answered} of 900: ${JSON.stringify(count(statuses, (status) => status))}`);
  });
}

scene('F14 a crowd finds out that all are down with few calls', async (stage) => {
  const down = {farm: 'fault = "500"'};
  const {farm, gateway} = await stage.start(several({a: down, b: down, c: down}));
  const answers = await Promise.all(times(100, () => gateway.ask(chat('auto'))));
  assert.deepEqual(count(answers, (answer) => answer.status), {502: 100});
  const spent = await farm.received();
  assert.ok(spent <= 60, `${spent} calls of 300`);
  for (const id of ['a', 'b', 'c']) await farm.set(id, {fault: null});
  await eventually(async () => (await gateway.ask(chat('auto'))).status === 200, 'recovery', 30_000);
});

scene('a crowd waits for no slow provider', async (stage) => {
  const {farm, gateway} = await stage.start(several({slow: {farm: 'latency = "3s"'}, other: {}}));
  const answers = await Promise.all(times(40, () => gateway.ask(chat('auto'))));
  assert.deepEqual(count(answers, served), {slow: 40}, 'and leaves the preferred one for no other');
  const [{concurrent_max: most}] = Object.values((await farm.stats('slow')).keys);
  assert.ok(most >= 40, `${most} were under way at once`);
});
