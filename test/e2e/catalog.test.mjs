// Catalogs that are made, judged, installed and undone with the real program, beside a running server and without one.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {existsSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import {chat, CLIENT_KEY, scene} from './harness.mjs';

// The version that is built in, and the two that come behind it here.
const [said, BUILT_IN_DAY] = readFileSync(path.join(import.meta.dirname, '../../catalog/VERSION'), 'utf8').trim().split(' ');
const BUILT_IN = Number(said);
const [NEXT, LATER] = [BUILT_IN + 1, BUILT_IN + 2];

const KEY = 'key-of-u1-0123456789';
const SCENARIO = `
[[providers]]
id = "u1"
keys = ["${KEY}"]
models = ["m1", "m2"]
`;

const provider = (id, url, models, more = '') => `id = "${id}"
base_url = "${url}"
signup = "https://example.org/keys"
env = ["${id.toUpperCase()}_NEVER_SET"]
source = "a page"
as_of = "2026-12"
data_use = { trains_on_prompts = "no", source = "a page", as_of = "2026-12" }
probe = { model = "${models[0]}", valid = ["200"], invalid = ["401"] }
${more}${models.map((model) => `[[models]]\nid = "${model}"\nrank = 50\nlimits = { rpd = 1000 }\n`).join('')}`;

// Who makes catalogs: a key, and folders that are packed with it.
class Maker {
  constructor(stage, gateway) {
    Object.assign(this, {stage, gateway, directory: stage.directory()});
  }

  async key(name = 'private') {
    const made = await this.run(['keygen', path.join(this.directory, name)]);
    assert.equal(made.code, 0, made.err);
    return made.out.trim();
  }

  async pack(version, files, key = 'private') {
    const folder = this.stage.directory();
    for (const [id, text] of Object.entries(files)) writeFileSync(path.join(folder, `${id}.toml`), text);
    const output = path.join(this.directory, `catalog-${version}-${key}`);
    const packed = await this.run(['pack', folder, '--version', String(version), '--as-of', '2026-12-01', '--key',
      path.join(this.directory, key), '-o', output]);
    return {output, ...packed};
  }

  async catalog(version, files, key) {
    const packed = await this.pack(version, files, key);
    assert.equal(packed.code, 0, packed.err);
    return packed.output;
  }

  run(args) {
    return this.gateway.command(['catalog', ...args]);
  }

  async good(args) {
    const done = await this.run(args);
    assert.equal(done.code, 0, `${args.join(' ')}\n${done.out}${done.err}`);
    return done;
  }

  async refused(args, why, code = 1) {
    const done = await this.run(args);
    assert.equal(done.code, code, done.out + done.err);
    assert.match(done.err, why);
  }
}

const CLIENT = `[[client_keys]]\nname = "test"\nkey = "${CLIENT_KEY}"\n`;
const pinned = (key) => `${CLIENT}[catalog]\npublic_key = "${key}"\n`;

async function withMaker(stage) {
  const farm = await stage.farm(SCENARIO);
  const gateway = await stage.gateway(CLIENT);
  const maker = new Maker(stage, gateway);
  const key = await maker.key();
  const url = farm.providers.u1;
  return {farm, gateway, maker, key, url};
}

const status = async (gateway, model) => (await gateway.ask(chat(model))).status;
const inForce = async (gateway) => (await gateway.admin('status')).configuration.catalog;

scene('an update serves at once, keeps what is the user\'s, and can be undone', async (stage) => {
  const {gateway, maker, key, url} = await withMaker(stage);
  const first = await maker.catalog(NEXT, {u1: provider('u1', url, ['m1'])});
  await maker.refused(['update', first], /no key is pinned.*public_key/);
  assert.match(await gateway.reload(pinned(key)), /reloaded/);
  assert.equal(await status(gateway, 'u1/m1'), 404);
  assert.deepEqual(await inForce(gateway), {source: 'built_in', version: BUILT_IN, as_of: BUILT_IN_DAY, installed_on: null, trouble: null});

  const updated = await maker.good(['update', first]);
  assert.match(updated.out, new RegExp(`^catalog ${NEXT} of 2026-12-01, against ${BUILT_IN} of ${BUILT_IN_DAY}, built in\nadded    u1\nretired  agnes\n`));
  assert.match(updated.err, new RegExp(`version ${NEXT} is installed; the running server uses it from now on`));
  const added = await gateway.command(['keys', 'add', 'u1', '--name', 'mine'], {input: KEY});
  assert.equal(added.code, 0, added.err);
  assert.equal(await status(gateway, 'u1/m1'), 200);
  assert.match((await gateway.command(['status'])).out, new RegExp(`catalog +${NEXT} of 2026-12-01, installed on 20\\d\\d-`));
  assert.match((await gateway.command(['version'])).out, new RegExp(`^freeway \\S+\ncatalog ${NEXT} of 2026-12-01, installed on`));
  assert.match((await gateway.command(['doctor'])).out, new RegExp(`good +the catalog is version ${NEXT} of 2026-12-01, installed`));

  const retired = provider('u1', url, ['m2']) + '[[models]]\nid = "m1"\nretired = "2026-12-02"\n';
  const second = await maker.catalog(LATER, {u1: retired});
  const own = `${pinned(key)}[routing]\norder = ["u1/m1"]\n[[providers]]\nid = "u1"\nmodels = [{ id = "m2", context = 5000 }]\n`;
  await gateway.reload(own);
  const before = await status(gateway, 'u1/m1');
  assert.equal(before, 200);
  const diff = await maker.good(['diff', second]);
  assert.match(diff.out, /changed  u1\n  added    m2\n  retired  m1\n/);
  assert.match(diff.out, /your own choices stay as they are:\n  u1: 1 key, models\[m2\]\.context\n  routing\.order\n/);
  const json = JSON.parse((await maker.good(['diff', second, '--json'])).out);
  assert.deepEqual([json.from.version, json.to.version, json.changed[0].models.added], [NEXT, LATER, ['m2']]);
  assert.equal((await inForce(gateway)).version, NEXT, 'a look changes nothing');

  const again = await maker.good(['update', second]);
  assert.match(again.err, /"u1\/m1" is served no longer/, 'the configuration stays good, and is told what it names');
  assert.equal(await status(gateway, 'u1/m2'), 200, 'the new model serves without a restart');
  assert.equal(await status(gateway, 'u1/m1'), 404);
  const model = JSON.parse((await gateway.command(['models', '--json'])).out).find((row) => row.id === 'u1/m2');
  assert.equal(model.context, 5000, 'the entry of the file lies over it');

  await maker.refused(['update', second], new RegExp(`version ${LATER} is installed already`));
  await maker.refused(['update', first], new RegExp(`version ${NEXT}, older than ${LATER}`));
  const undone = await maker.good(['update', '--undo']);
  assert.match(undone.err, new RegExp(`version ${NEXT} is installed again; the running server uses it`));
  assert.equal(await status(gateway, 'u1/m1'), 200);
  await maker.refused(['update', await maker.catalog(BUILT_IN, {u1: retired})], new RegExp(`older than ${NEXT}`));
  await maker.good(['update', second]);
  assert.equal(await status(gateway, 'u1/m2'), 200);
});

scene('a catalog of another hand, changed or broken, is not taken', async (stage) => {
  const {gateway, maker, key, url} = await withMaker(stage);
  await gateway.reload(pinned(key));
  await maker.key('other');
  const files = {u1: provider('u1', url, ['m1'])};
  const good = await maker.catalog(NEXT, files);
  assert.match((await maker.good(['validate', good])).out, new RegExp(`good, version ${NEXT} of 2026-12-01, 1 provider, 1 model, signed with the pinned key`));
  const other = await maker.catalog(NEXT, files, 'other');
  for (const verb of ['validate', 'diff', 'update']) await maker.refused([verb, other], /not of the pinned key/);

  const changed = path.join(maker.directory, 'changed');
  writeFileSync(changed, readFileSync(good, 'utf8').replace(url, 'http://elsewhere.example/v1'));
  for (const verb of ['validate', 'diff', 'update']) await maker.refused([verb, changed], /not of the pinned key|length/);
  writeFileSync(changed, 'hello');
  await maker.refused(['update', changed], /no catalog that this version can read/);
  await maker.refused(['update', path.join(maker.directory, 'nothing')], /can't read/);
  await maker.refused(['update'], /--undo/, 2);
  await maker.refused(['update', '--undo'], /nothing to undo/);
  const wrong = await maker.pack(NEXT, {u1: 'id = "u2"\nbase_url = "http://h"\nnonsense = 1\n'});
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /u1\.toml:1:6: error: .*expected "u1"[^]*u1\.toml:3:1: error: .*nonsense/);
  const poor = await maker.catalog(NEXT, {u1: `id = "u1"\nbase_url = "${url}"\nmodels = [{ id = "m1" }]\n`});
  await maker.refused(['validate', poor], /u1\.toml: error: u1\/m1 is a chat model without a rank[^]*\d mistakes/);
  assert.equal((await inForce(gateway)).source, 'built_in');
  assert.ok(!existsSync(path.join(gateway.data, 'catalog', 'installed')));
  await maker.refused(['keygen', path.join(maker.directory, 'private')], /there already/);
  assert.equal(statSync(path.join(maker.directory, 'private')).mode & 0o777, 0o600);
});

scene('a damaged catalog is told and the built-in one serves', async (stage) => {
  const {gateway, maker, key, url} = await withMaker(stage);
  await gateway.reload(pinned(key));
  await maker.good(['update', await maker.catalog(NEXT, {u1: provider('u1', url, ['m1'])})]);
  const installed = path.join(gateway.data, 'catalog', 'installed');
  await gateway.stop();
  writeFileSync(installed, readFileSync(installed, 'utf8').slice(0, -10));
  const next = await stage.gateway(pinned(key), {data: gateway.data});
  assert.match(next.said, /catalog\/installed: warning: the installed catalog is not used, but the built-in one: /);
  const told = await inForce(next);
  assert.deepEqual([told.source, told.version], ['built_in', BUILT_IN]);
  assert.match(told.trouble, /--undo/);
  const doctor = await next.command(['doctor']);
  assert.match(doctor.out, /wrong the installed catalog is not used/);
  const undone = await next.command(['catalog', 'update', '--undo']);
  assert.equal(undone.code, 0, undone.err);
  assert.match(undone.err, new RegExp(`the built-in catalog, version ${BUILT_IN}, is in force again`));
  assert.equal((await inForce(next)).trouble, null);
});

scene('a catalog comes over HTTP, of bounded size and from where it was asked for', async (stage) => {
  const {gateway, maker, key, url} = await withMaker(stage);
  await gateway.reload(pinned(key));
  const text = readFileSync(await maker.catalog(NEXT, {u1: provider('u1', url, ['m1'])}));
  const server = http.createServer((request, response) => {
    if (request.url === '/catalog?x=1') return response.end(text);
    if (request.url === '/moved') return response.writeHead(302, {location: '/catalog?x=1'}).end();
    if (request.url === '/large') return response.end(Buffer.alloc(9 * 1024 * 1024, 'x'));
    return response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const at = `http://127.0.0.1:${server.address().port}`;
    await maker.refused(['update', `${at}/moved`], /302.*redirects are not followed/);
    await maker.refused(['update', `${at}/nothing`], /404/);
    await maker.refused(['update', `${at}/large`], /larg/);
    await maker.refused(['update', 'http://127.0.0.1:1/catalog'], /can't fetch/);
    assert.match((await maker.good(['update', `${at}/catalog?x=1`])).err, new RegExp(`version ${NEXT} is installed`));
  } finally {
    server.closeAllConnections();
    server.close();
  }
  await gateway.stop();
  const undone = await maker.good(['update', '--undo']);
  assert.match(undone.err, new RegExp(`the built-in catalog, version ${BUILT_IN}, is in force again; the next start uses it`));
});

scene('an update that the configuration does not fit is refused before anything changes', async (stage) => {
  const {gateway, maker, key, url} = await withMaker(stage);
  await gateway.reload(pinned(key));
  await maker.good(['update', await maker.catalog(NEXT, {u1: provider('u1', url, ['m1'])})]);
  const own = `${pinned(key)}[[providers]]\nid = "u1"\nkeys = ["${KEY}"]\n`;
  await gateway.reload(own);
  assert.equal(await status(gateway, 'm1'), 200);
  const without = await maker.catalog(LATER, {u2: provider('u2', url, ['m1'])});
  await maker.refused(['update', without], /base_url is missing[^]*does not fit this catalog/);
  assert.equal((await inForce(gateway)).version, NEXT);
  assert.equal(await status(gateway, 'm1'), 200);
  assert.match(readFileSync(path.join(gateway.data, 'catalog', 'state.toml'), 'utf8'), new RegExp(`floor = ${NEXT}\n`));
});
