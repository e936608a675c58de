// What providers list of their own: models that vanished from a list, and models that nobody here knows.
import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';

import {chat, configuration, eventually, scene} from './harness.mjs';

const scenario = (u1, u2 = ['m1']) => `
[[providers]]
id = "u1"
keys = ["the-key-of-u1"]
models = ${JSON.stringify(u1)}
[[providers]]
id = "u2"
wire = "gemini"
keys = ["the-key-of-u2"]
models = ${JSON.stringify(u2)}
`;
const provider = (id, models, dialect = 'openai') =>
  `[[providers]]\nid = "${id}"\ndialect = "${dialect}"\nbase_url = "{${id}}"\nkeys = ["the-key-of-${id}"]\n` +
  models.map((model) => `[[providers.models]]\nid = "${model}"\n`).join('');
const BOTH = provider('u1', ['m1', 'm2']) + provider('u2', ['m1'], 'gemini');
const every = (length, farm) => configuration(farm, BOTH).replace('builtin = false\n', `builtin = false\ndiscover_every = "${length}"\n`);

async function lists(farm, text) {
  const answer = await fetch(`http://${farm.address}/_farm/scenario`, {method: 'POST', body: text});
  assert.equal(answer.status, 200, await answer.text());
}
const of = async (gateway, id) => (await gateway.admin(`discoveries?provider=${id}`)).discoveries[0];
const row = async (gateway, id) => (await gateway.admin('models')).models.find((model) => model.id === id);
const look = async (gateway) => (await gateway.admin('discoveries', {method: 'POST', body: {}})).discoveries;
const models = async (gateway, ...args) => {
  const done = await gateway.command(['models', ...args]);
  assert.equal(done.code, 0, done.err);
  return done.out;
};

scene('a vanished and a new model are marked after two looks that nobody asked for', async (stage) => {
  const farm = await stage.farm(scenario(['m1', 'm2']));
  const gateway = await stage.gateway(every('400ms', farm));
  await eventually(async () => (await row(gateway, 'u1/m2')).listed === true, 'the list is read');
  await eventually(async () => (await row(gateway, 'u2/m1')).listed === true, 'and the other one');
  const {listed_at} = await row(gateway, 'u1/m2');
  assert.match(listed_at, /^2\d{3}-/);
  await lists(farm, scenario(['m1', 'org/m3'], ['m1', 'm4']));
  const seen = await eventually(async () => {
    const told = await of(gateway, 'u1');
    return told.vanished.length > 0 && told;
  }, 'the model has vanished');
  assert.deepEqual(seen.vanished, ['u1/m2']);
  assert.deepEqual(seen.new.map((model) => model.id), ['u1/org/m3']);
  assert.equal(seen.listed, 2);
  assert.equal(seen.trouble, null);
  assert.equal((await row(gateway, 'u1/m2')).listed, false);
  assert.equal((await row(gateway, 'u1/m1')).listed, true);
  const gemini = await eventually(async () => (await of(gateway, 'u2')).new[0], 'the other dialect is read too');
  assert.equal(gemini.id, 'u2/m4');
  assert.equal((await farm.stats('u1')).received, 0, 'no chat was asked for');
  await lists(farm, scenario(['m1', 'm2']));
  await eventually(async () => (await row(gateway, 'u1/m2')).listed === true, 'it is back');
});

scene('looks on demand, what commands show of them, and a restart', async (stage) => {
  const farm = await stage.farm(scenario(['m1', 'm2']));
  const config = every('0s', farm);
  let gateway = await stage.gateway(config);
  const {data} = gateway;
  assert.match(await models(gateway, '--new'), /no list was looked at yet/);
  assert.equal((await row(gateway, 'u1/m2')).listed, null);
  await look(gateway);
  await lists(farm, scenario(['m1', 'org/m3']));
  assert.deepEqual((await look(gateway))[0].vanished, [], 'one look says nothing');
  assert.equal((await row(gateway, 'u1/m2')).listed, null);
  await farm.set('u1', {up: false});
  const broken = (await look(gateway))[0];
  assert.deepEqual(broken.vanished, [], 'nor does a list that nobody gets');
  assert.match(broken.trouble, /u1/);
  await farm.set('u1', {up: true});
  await gateway.stop();

  gateway = await stage.gateway(config, {data});
  assert.equal((await of(gateway, 'u1')).listed, 2, 'kept');
  const table = await models(gateway, '--look');
  assert.match(table, /u1\/m2 .*its provider lists it no longer, last on 2/);
  assert.doesNotMatch(table, /u1\/m1 .*no longer/);
  const rows = JSON.parse(await models(gateway, '--json'));
  assert.deepEqual(rows.map((one) => [one.id, one.listed]), [['u1/m1', true], ['u1/m2', false], ['u2/m1', true]]);
  const fresh = await models(gateway, '--new');
  assert.match(fresh, /# u1 lists 1 model that freeway does not know .*\n\[\[providers\]\]\nid = "u1"\n {2}\[\[providers\.models\]\]\n {2}id = "org\/m3"\n/);
  assert.match((await gateway.command(['doctor'])).out, /note +u1 does not list m2 any more/);

  // A vanished model goes on being asked: its provider has the word.
  const before = (await farm.requests('provider=u1')).length;
  assert.equal((await gateway.ask(chat('m2'))).status, 502);
  assert.equal((await farm.requests('provider=u1')).length, before + 1);
  const [own] = /  \[\[providers\.models\]\]\n.*\n/.exec(fresh);
  assert.match(await gateway.reload(config.replace('[[providers]]\nid = "u2"', `${own}[[providers]]\nid = "u2"`)), /reloaded/);
  assert.equal((await row(gateway, 'u1/org/m3')).listed, true);
  assert.deepEqual((await of(gateway, 'u1')).new, []);
  assert.equal((await gateway.ask(chat('u1/org/m3'))).status, 200);
  await gateway.stop();

  writeFileSync(gateway.configFile, config);
  assert.match(await models(gateway), /u1\/m2 .*no longer/, 'without a server too');
  assert.match(await models(gateway, '--new', '--look'), /org\/m3/);
});
