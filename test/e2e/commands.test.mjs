// The command line with the real program: each command by itself and beside a running server.
import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';

import {chat, CLIENT_KEY, scene} from './harness.mjs';

const GATEWAY = process.env.GATEWAY_BIN ?? path.resolve(import.meta.dirname, '../../build/release/freeway');
const GOOD = ['key-of-u1-0123456789', 'key-of-u1-9876543210'];
const SCENARIO = `
[[providers]]
id = "u1"
keys = ["${GOOD[0]}", "${GOOD[1]}"]
models = ["m1"]
`;

// A configuration file and a data directory of their own, and the commands on them.
class Place {
  constructor(stage, text) {
    this.directory = stage.directory();
    this.data = path.join(this.directory, 'data');
    this.config = path.join(this.directory, 'freeway.toml');
    writeFileSync(this.config, text);
  }

  run(args, {input = '', env = {}, data = this.data, config = this.config} = {}) {
    const child = spawn(GATEWAY, [...args, '--data', data, ...(config ? ['--config', config] : [])], {
      env: {...process.env, XDG_DATA_HOME: this.directory, XDG_CONFIG_HOME: this.directory, ...env},
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    let out = '';
    let err = '';
    child.stdout.on('data', (part) => (out += part));
    child.stderr.on('data', (part) => (err += part));
    return new Promise((resolve) => child.on('close', (code) => resolve({code, out, err, all: out + err})));
  }

  async good(args, options) {
    const done = await this.run(args, options);
    assert.equal(done.code, 0, `${args.join(' ')}\n${done.all}`);
    return done;
  }
}

const configured = (farm, more = '') =>
  `[catalog]\nbuiltin = false\n[[client_keys]]\nname = "test"\nkey = "${CLIENT_KEY}"\n` +
  `[[providers]]\nid = "u1"\nbase_url = "${farm.providers.u1}"\n[[providers.models]]\nid = "m1"\nlimits = { rpd = 1000 }\n${more}`;

async function withFarm(stage) {
  const farm = await stage.farm(SCENARIO);
  return {farm, place: new Place(stage, configured(farm))};
}

const serve = (stage, place) => stage.gateway(readFileSync(place.config, 'utf8'), {data: place.data});

scene('keys add asks the provider, stores what it takes and refuses what it refuses', async (stage) => {
  const {place} = await withFarm(stage);
  const added = await place.good(['keys', 'add', 'u1', '--name', 'laptop ü'], {input: GOOD[0] + '\n'});
  assert.match(added.out, /added laptop ü of u1/);
  assert.match(added.out, /u1 takes this key \(200 OK\)/);
  assert.match(added.out, /u1\/m1 .*1,000/, 'what it unlocks a day');
  assert.match(added.out, /prompts go to 127\.0\.0\.1/);
  assert.ok(!added.all.includes(GOOD[0]));

  const refused = await place.run(['keys', 'add', 'u1'], {input: 'a-key-that-is-wrong-1234'});
  assert.equal(refused.code, 1);
  assert.match(refused.err, /u1 refuses this key \(401/);
  assert.match((await place.good(['keys', 'list'])).out, /laptop ü/);
  assert.equal(JSON.parse((await place.good(['keys', 'list', '--json'])).out).length, 1, 'the refused one is not stored');

  const again = await place.run(['keys', 'add', 'u1'], {input: GOOD[0]});
  assert.equal(again.code, 1);
  assert.match(again.err, /laptop ü/, 'who holds it already');
  const argument = await place.run(['keys', 'add', 'u1', GOOD[1]]);
  assert.equal(argument.code, 2);
  assert.match(argument.err, /command line/);
  assert.equal((await place.run(['keys', 'add', 'u9'], {input: 'x'})).code, 1);
  assert.match((await place.run(['keys', 'add', 'u2'], {input: 'x'})).err, /did you mean "u1"/);

  const file = path.join(place.directory, 'key');
  writeFileSync(file, GOOD[1] + '\n');
  assert.match((await place.good(['keys', 'add', 'u1', '--file', file])).out, /key-1|key-2/);
  assert.equal((await place.run(['keys', 'add', 'u1', '--env', 'NOT_SET_ANYWHERE'])).code, 1);
  await place.good(['keys', 'add', 'u1', '--env', 'MY_KEY', '--no-check'], {env: {MY_KEY: 'third-key-0123456789'}});
  const checked = await place.run(['keys', 'check']);
  assert.equal(checked.code, 1, 'one of them is dead');
  assert.equal(checked.out.match(/^valid/gm).length, 2, checked.out);
  assert.equal(checked.out.match(/^invalid/gm).length, 1, checked.out);
  await place.good(['keys', 'remove', 'u1:laptop ü']);
  assert.ok(!(await place.good(['keys', 'list'])).out.includes('laptop'));
  assert.equal((await place.run(['keys', 'remove', 'u1:laptop ü'])).code, 1);
  assert.equal(statSync(path.join(place.data, 'master.key')).mode & 0o777, 0o600);
});

scene('keys and clients of a running server are usable at once, and gone at once', async (stage) => {
  const {farm, place} = await withFarm(stage);
  const gateway = await serve(stage, place);
  assert.equal((await gateway.ask(chat('m1'))).status, 503, 'no key yet');
  const added = await place.good(['keys', 'add', 'u1', '--name', 'a'], {input: GOOD[0]});
  assert.match(added.out, /u1 takes this key/);
  assert.equal((await gateway.ask(chat('m1'))).status, 200);
  assert.match((await place.good(['keys', 'list'])).out, /u1 +a .*in use/);
  assert.match((await place.good(['keys', 'check', 'u1:a'])).out, /^valid/);
  const refused = await place.run(['keys', 'add', 'u1'], {input: 'a-key-that-is-wrong-1234'});
  assert.equal(refused.code, 1);
  assert.match(refused.err, /refuses this key/);

  const client = (await place.good(['clients', 'add', 'phone', '--models', 'm1', '--rpm', '5'])).out.trim();
  assert.match(client, /^fw-[A-Za-z0-9_-]{32,}$/);
  assert.equal((await gateway.ask(chat('m1'), {key: client})).status, 200);
  assert.match((await place.good(['clients', 'list'])).out, /phone +store +m1 +5 requests a minute/);
  await place.good(['clients', 'revoke', 'phone']);
  assert.equal((await gateway.ask(chat('m1'), {key: client})).status, 401);

  const guest = (await place.good(['clients', 'add', 'guest', '--expires', '2h'])).out.trim();
  assert.match((await place.good(['clients', 'list'])).out, /guest +store .*good until \d{4}-\d\d-\d\d/);
  assert.equal((await gateway.ask(chat('m1'), {key: guest})).status, 200);
  for (const expires of ['soon', '0s', '2001-01-01']) {
    const wrong = await gateway.command(['clients', 'add', 'late', '--expires', expires]);
    assert.deepEqual([wrong.code, wrong.out], [2, ''], expires);
  }

  const careful = (await place.good(['clients', 'add', 'careful', '--privacy', 'no-training'])).out.trim();
  assert.match((await place.good(['clients', 'list'])).out, /careful +store +all +none +no-training/);
  assert.equal((await gateway.ask(chat('m1'), {key: careful})).status, 403, 'the provider has no label');
  const kept = JSON.parse((await place.good(['route', 'hi', '--privacy', 'no-training', '--json'])).out);
  assert.deepEqual([kept.candidates, kept.left_out.map((row) => row.why)], [[], ['privacy']]);

  const status = await place.good(['status']);
  assert.match(status.out, /1 of 1 can serve now/);
  assert.equal(JSON.parse((await place.good(['status', '--json'])).out).routes.open, 1);
  assert.match((await place.good(['route', 'hi'])).out, /^auto means auto, by strategy \w+;.*\n +1\. u1\/m1 a.*\n\(as the running server sees it\)\n$/);
  const route = JSON.parse((await place.good(['route', 'hi', '--model', 'm1', '--json'])).out);
  assert.deepEqual([route.pinned, route.candidates.length, route.left_out], [true, 1, []]);
  const unknown = await place.run(['route', 'hi', '--model', 'auto:nothing']);
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /auto:balanced/);
  await place.good(['keys', 'remove', 'a']);
  assert.equal((await gateway.ask(chat('m1'))).status, 503);
  const imported = await place.good(['keys', 'import', '-', '--yes'], {input: `u1: ${GOOD[1]}\n`});
  assert.match(imported.out, /added 1 key/);
  assert.equal((await gateway.ask(chat('m1'))).status, 200);
  const backup = path.join(place.directory, 'backup');
  await place.good(['backup', backup]);
  assert.ok(statSync(backup).size > 0);
  assert.match((await place.good(['keys', 'export', '--reveal', '--format', 'text'])).out, new RegExp(GOOD[1]));
  await place.good(['rotate-master-key']);
  assert.equal((await gateway.ask(chat('m1'))).status, 200);
  assert.equal((await place.good(['models', '--json'])).err, '');
});

scene('models tells what the running server can use now', async (stage) => {
  const {farm} = await withFarm(stage);
  const text = configured(farm).replace('rpd = 1000', 'rpd = 1') + '[[providers.models]]\nid = "m2"\n';
  const place = new Place(stage, text.replace('[[providers.models]]', `keys = ["${GOOD[0]}"]\n[[providers.models]]`));
  const gateway = await serve(stage, place);
  const rows = async (...more) => {
    const told = JSON.parse((await place.good(['models', '--json', ...more])).out);
    return Object.fromEntries(told.map((row) => [row.id, row]));
  };
  assert.deepEqual(Object.keys(await rows()), ['u1/m1', 'u1/m2']);
  assert.equal((await gateway.ask(chat('m1'))).status, 200);
  assert.deepEqual(Object.keys(await rows()), ['u1/m2'], 'the other has no request left today');
  const {available, reason, until, kind} = (await rows('--all'))['u1/m1'];
  assert.equal(available, false);
  assert.match(reason, /rpd/);
  assert.ok(Date.parse(until) > Date.now());
  assert.equal(kind, 'chat');
  assert.match((await place.good(['models', '--all'])).out, /u1\/m1 .*rpd.*\(until .* UTC\)/);

  await gateway.stop();
  assert.deepEqual(Object.keys(await rows()), ['u1/m1', 'u1/m2'], 'without a server as the configuration says');
  assert.equal((await rows())['u1/m1'].until, null);
});

const LABELS = ['plain', 'a "quoted" \'label\'', 'two\nlines', 'comma, and; semi', 'ключ 🔑', '# $HOME `x` \\', 'tab\there'];

scene('X8 export, wipe, import gives the same keys in each format', async (stage) => {
  const {place} = await withFarm(stage);
  const rows = LABELS.map((name, i) => ({
    provider: 'u1', name, key: `k-${i}-0123456789,;"'#$`, account: i % 2 ? `acc ${i}` : '',
    proxy: i === 3 ? 'socks5h://user:p%40ss@127.0.0.1:1080' : '',
  }));
  const first = path.join(place.directory, 'keys.json');
  writeFileSync(first, JSON.stringify(rows));
  const imported = await place.good(['keys', 'import', first]);
  assert.match(imported.out, new RegExp(`added ${rows.length} keys`));
  for (const row of rows) assert.ok(!imported.all.includes(row.key), 'no key is printed');
  const all = async (data) => JSON.parse((await place.good(['keys', 'export', '--reveal'], {data})).out).keys;
  const before = await all(place.data);
  assert.deepEqual(before.map((key) => [key.name, key.key]), rows.map((row) => [row.name, row.key]));
  for (const format of ['env', 'json', 'csv', 'text']) {
    const file = path.join(place.directory, `exported-${format}`);
    await place.good(['keys', 'export', '--reveal', '--format', format, '--output', file]);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const fresh = path.join(place.directory, `fresh-${format}`);
    const preview = await place.good(['keys', 'import', file, '--preview'], {data: fresh});
    assert.match(preview.out, /nothing was changed/);
    assert.equal((await all(fresh)).length, 0);
    await place.good(['keys', 'import', file], {data: fresh});
    assert.deepEqual(await all(fresh), before, format);
    const again = await place.good(['keys', 'import', file], {data: fresh});
    assert.match(again.out, new RegExp(`0 keys to add, ${rows.length} duplicates`));
  }
  const masked = await place.good(['keys', 'export', '--format', 'env']);
  for (const row of rows) assert.ok(!masked.all.includes(row.key));
  const back = await place.run(['keys', 'import', '-', '--format', 'env'], {input: masked.out, data: path.join(place.directory, 'x')});
  assert.equal(back.code, 1);
  assert.match(back.out, /is masked/);
});

scene('import tells each line that it can not use, and takes the others', async (stage) => {
  const {place} = await withFarm(stage);
  const done = await place.run(['keys', 'import', '-', '--json'], {input: `U1_API_KEY=${GOOD[0]}\nDATABASE_URL=x\nnonsense\nU1_API_KEY_2=${GOOD[0]}\n`});
  assert.equal(done.code, 1);
  const told = JSON.parse(done.out);
  assert.deepEqual(told.problems.map(({line, skipped}) => [line, skipped]), [[2, true], [3, false]]);
  assert.deepEqual(told.keys.map(({line, duplicate}) => [line, duplicate !== '']), [[1, false], [4, true]]);
  assert.equal(JSON.parse((await place.good(['keys', 'list', '--json'])).out).length, 1);
});

scene('X6 a wrong master key is refused in a sentence; the right one works', async (stage) => {
  const {place} = await withFarm(stage);
  await place.good(['keys', 'add', 'u1'], {input: GOOD[0]});
  const wrong = {FREEWAY_MASTER_KEY: 'ab'.repeat(32)};
  for (const args of [['serve', '--listen', '127.0.0.1:0'], ['keys', 'list']]) {
    const refused = await place.run(args, {env: wrong});
    assert.equal(refused.code, 1, refused.all);
    assert.match(refused.err, /master key/);
    assert.equal(refused.err.trim().split('\n').filter((line) => line.startsWith('freeway:')).length, 1, refused.err);
  }
  chmodSync(path.join(place.data, 'master.key'), 0o644);
  const exposed = await place.run(['keys', 'list']);
  assert.equal(exposed.code, 1);
  assert.match(exposed.err, /chmod 600/);
  chmodSync(path.join(place.data, 'master.key'), 0o600);
  assert.match((await place.good(['keys', 'list'])).out, /in use/);
});

scene('X6 two rows swapped in the database: each is told, the others work', async (stage) => {
  const {place} = await withFarm(stage);
  await place.good(['keys', 'add', 'u1', '--name', 'a', '--no-check'], {input: 'first-key-0123456789'});
  await place.good(['keys', 'add', 'u1', '--name', 'b', '--no-check'], {input: 'second-key-0123456789'});
  await place.good(['keys', 'add', 'u1', '--name', 'c'], {input: GOOD[0]});
  const swap = `import sqlite3, sys
base = sqlite3.connect(sys.argv[1])
rows = base.execute("SELECT id, sealed FROM provider_keys WHERE name IN ('a', 'b') ORDER BY id").fetchall()
for (id, _), (_, sealed) in zip(rows, reversed(rows)):
    base.execute("UPDATE provider_keys SET sealed = ? WHERE id = ?", (sealed, id))
base.commit()`;
  const done = spawnSync('python3', ['-c', swap, path.join(place.data, 'freeway.db')]);
  assert.equal(done.status, 0, String(done.stderr));
  const gateway = await serve(stage, place);
  assert.equal((await gateway.ask(chat('m1'))).status, 200, 'the third serves');
  const list = JSON.parse((await place.good(['keys', 'list', '--json'])).out);
  assert.deepEqual(list.map((key) => [key.name, key.serving]), [['a', false], ['b', false], ['c', true]]);
  for (const key of list.slice(0, 2)) assert.match(key.why, /does not open/);
  assert.match(gateway.said, /a of u1 does not open/);
});

scene('X9 a backup restores on a fresh host; a broken one is refused', async (stage) => {
  const {place} = await withFarm(stage);
  await place.good(['keys', 'add', 'u1', '--name', 'a'], {input: GOOD[0]});
  const client = (await place.good(['clients', 'add', 'phone'])).out.trim();
  const backup = path.join(place.directory, 'backup');
  const env = {PHRASE: 'correct horse battery staple'};
  await place.good(['backup', backup, '--passphrase-env', 'PHRASE'], {env});
  assert.ok(!readFileSync(backup).includes(GOOD[0]) && !readFileSync(backup).includes(client));
  const fresh = path.join(place.directory, 'fresh');
  const wrong = await place.run(['restore', backup, '--passphrase-env', 'PHRASE'], {env: {PHRASE: 'another phrase, wrong'}, data: fresh});
  assert.equal(wrong.code, 1);
  await place.good(['restore', backup, '--passphrase-env', 'PHRASE'], {env, data: fresh});
  const exported = async (data) => (await place.good(['keys', 'export', '--reveal'], {data})).out;
  assert.equal(await exported(fresh), await exported(place.data));
  const gateway = await stage.gateway(readFileSync(place.config, 'utf8'), {data: fresh});
  assert.equal((await gateway.ask(chat('m1'), {key: client})).status, 200);
  await gateway.stop();

  const twice = await place.run(['restore', backup], {data: fresh});
  assert.equal(twice.code, 1);
  assert.match(twice.err, /--replace/);
  writeFileSync(path.join(place.directory, 'broken'), readFileSync(backup).subarray(0, 3000));
  const broken = await place.run(['restore', path.join(place.directory, 'broken')], {data: path.join(place.directory, 'n')});
  assert.equal(broken.code, 1);
  const bare = path.join(place.directory, 'bare');
  await place.good(['backup', path.join(place.directory, 'b2')]);
  const keyless = await place.run(['restore', path.join(place.directory, 'b2')], {data: bare});
  assert.match(keyless.err, /master key .* is missing/);
});

scene('a crash leaves no file with keys in it, unless somebody asks for it', async (stage) => {
  const {place} = await withFarm(stage);
  const limit = (pid) => /^Max core file size +(\S+ +\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))[1].replace(/ +/, ' ');
  const config = readFileSync(place.config, 'utf8');
  assert.equal(limit((await stage.gateway(config, {data: path.join(place.directory, 'd1')})).pid), '0 0');
  const asked = await stage.gateway(config, {data: path.join(place.directory, 'd2'), env: {FREEWAY_CORE_DUMPS: '1'}});
  assert.equal(limit(asked.pid), limit('self'));
});

scene('X10 the same file twice changes nothing, an entry taken out is gone, a bad one leaves all as it was', async (stage) => {
  const {farm, place} = await withFarm(stage);
  const gateway = await serve(stage, place);
  await place.good(['keys', 'add', 'u1'], {input: GOOD[0]});
  const extra = `[[providers]]\nid = "u2"\nbase_url = "${farm.providers.u1}"\nkeys = ["${GOOD[1]}"]\n[[providers.models]]\nid = "m1"\nfamily = "other"\n`;
  for (let i = 0; i < 2; ++i) assert.match(await gateway.reload(configured(farm, extra)), /reloaded/);
  assert.equal((await gateway.ask(chat('other'))).status, 200);
  assert.match(await gateway.reload(configured(farm)), /reloaded/);
  assert.equal((await gateway.ask(chat('other'))).status, 404);
  assert.equal((await gateway.ask(chat('m1'))).status, 200, 'stored keys stay');
  const {configuration: before} = await gateway.admin('status');
  writeFileSync(gateway.configFile, configured(farm, extra));
  assert.equal((await gateway.admin('reload', {method: 'POST'})).changed, true);
  const {configuration: after} = await gateway.admin('status');
  assert.notEqual(after.hash, before.hash);
  assert.equal((await gateway.admin('reload', {method: 'POST'})).changed, false);
  assert.equal((await gateway.admin('status')).configuration.hash, after.hash);
  writeFileSync(gateway.configFile, configured(farm, extra.replace(GOOD[1], 'another-key-0123456789')));
  assert.equal((await gateway.admin('reload', {method: 'POST'})).changed, true, 'the hash knows no keys');
  assert.match(await gateway.reload(configured(farm)), /reloaded/);
  assert.match(await gateway.reload(configured(farm, 'limts = 3\n')), /stays in place/);
  assert.match(gateway.said, /limts/);
  assert.equal((await gateway.ask(chat('m1'))).status, 200);
});

scene('doctor finds what is wrong and says how to mend it', async (stage) => {
  const {farm, place} = await withFarm(stage);
  chmodSync(place.config, 0o600);
  await place.good(['keys', 'add', 'u1', '--name', 'good'], {input: GOOD[0]});
  writeFileSync(place.config, configured(farm).replace('[catalog]', '[server]\nlisten = "127.0.0.1:0"\n[catalog]'));
  const healthy = await place.run(['doctor']);
  assert.equal(healthy.code, 0, healthy.all);
  chmodSync(place.data, 0o755);
  await place.good(['keys', 'add', 'u1', '--name', 'dead', '--no-check'], {input: 'dead-key-0123456789'});
  await place.run(['keys', 'check', 'dead']);
  const sick = await place.run(['doctor', '--json']);
  assert.equal(sick.code, 1);
  const wrong = JSON.parse(sick.out).filter((finding) => finding.weight === 'wrong').map((finding) => finding.what + finding.mend);
  assert.equal(wrong.length, 2, sick.out);
  assert.ok(wrong.some((text) => /dead of u1 is dead/.test(text)) && wrong.some((text) => /chmod 700/.test(text)), sick.out);
  writeFileSync(place.config, 'nonsense = 1\n');
  const bad = await place.run(['doctor']);
  assert.equal(bad.code, 1);
  assert.match(bad.out, /nonsense/);
});

scene('one clear sentence: a second server, a taken port, no server to ask', async (stage) => {
  const {place} = await withFarm(stage);
  const stopped = await place.run(['status']);
  assert.equal(stopped.code, 1);
  assert.match(stopped.err, /^freeway: no server runs on .*\n$/);
  const gateway = await serve(stage, place);
  const second = await place.run(['serve', '--listen', '127.0.0.1:0']);
  assert.equal(second.code, 1);
  assert.match(second.err, /freeway: the data directory .* is in use by process \d+; .*\n$/);
  const port = await place.run(['serve', '--listen', `127.0.0.1:${gateway.port}`], {data: path.join(place.directory, 'other')});
  assert.equal(port.code, 1);
  assert.match(port.err, /in use by another program/);
});

const root = process.getuid() === 0;
const mount = (args) => spawnSync('mount', args).status === 0;
const canMount = root && spawnSync('mount', ['--version']).status === 0;

// A small disk of its own; false where this user or machine can't have one.
async function withDisk(stage, options, body) {
  const disk = path.join(stage.directory(), 'disk');
  mkdirSync(disk);
  if (!canMount || !mount(['-t', 'tmpfs', '-o', options, 'tmpfs', disk])) return false;
  try {
    await body(disk);
  } finally {
    spawnSync('umount', [disk]);
  }
  return true;
}

scene('one clear sentence: a read-only data directory, a full disk', async (stage) => {
  const {place} = await withFarm(stage);
  const start = async (data) => {
    const refused = await place.run(['serve', '--listen', '127.0.0.1:0'], {data});
    assert.equal(refused.code, 1, refused.all);
    const sentences = refused.err.trim().split('\n').filter((line) => line.startsWith('freeway: '));
    assert.equal(sentences.length, 1, refused.err);
    return sentences[0];
  };
  const full = await withDisk(stage, 'size=32k', async (disk) => {
    writeFileSync(path.join(disk, 'filler'), Buffer.alloc(28 * 1024));
    assert.match(await start(path.join(disk, 'data')), /full|space/i);
  });
  const readonly = await withDisk(stage, 'size=8m', async (disk) => {
    mkdirSync(path.join(disk, 'data'), {mode: 0o700});
    if (!mount(['-o', 'remount,ro', disk])) return;
    assert.match(await start(path.join(disk, 'data')), /read-only/i);
  });
  if (!full || !readonly) console.log('no disk of one\'s own can be mounted here: not tried');
});

test('every command tells its arguments, and wrong ones are code 2', () => {
  for (const args of [['keys', 'add'], ['keys', 'nonsense'], ['clients', 'revoke'], ['restore'], ['keys'], ['keys', 'import', '-', '--format', 'xml'],
    ['serve', '--listen', 'bogus', '--data', '/nowhere/at/all']]) {
    assert.equal(spawnSync(GATEWAY, args, {input: ''}).status, 2, args.join(' '));
  }
  for (const args of [['keys', '--help'], ['keys', 'add', '--help'], ['doctor', '--help'], ['--version'], ['version']]) {
    assert.equal(spawnSync(GATEWAY, args).status, 0, args.join(' '));
  }
});

scene('the first start names the providers that are asked without a key, and where prompts go', async (stage) => {
  const gateway = await stage.gateway('[server]\nthreads = 1\n');
  await gateway.line((line) => /asked without a key: prompts go to \S+, which does not train on prompts/.test(line));
  assert.ok(!/may train/.test(gateway.said), 'the others wait for a yes');
  assert.equal(gateway.stdout.match(/fw-[A-Za-z0-9_-]{32,}/g).length, 1);
  assert.ok(!existsSync(path.join(gateway.data, 'client_keys.json')));
  assert.ok(readdirSync(gateway.data).includes('freeway.db'));

  // Whatever the log leaves out.
  const args = ['serve', '--config', gateway.configFile, '--data', path.join(stage.directory(), 'data'), '--listen', '127.0.0.1:0'];
  const env = {...process.env, FREEWAY_LOG_LEVEL: 'off'};
  const quiet = spawn(GATEWAY, args, {env, stdio: ['ignore', 'ignore', 'pipe'], timeout: 20_000});
  let said = '';
  for await (const part of quiet.stderr) {
    said += part;
    if (/prompts go to \S+/.test(said)) quiet.kill();
  }
  assert.match(said, /asked without a key: prompts go to \S+, which does not train on prompts/);
});
