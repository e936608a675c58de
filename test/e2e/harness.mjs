// Runs the real programs for one test file: freeway-farm with a scenario, and the gateway in front of it.
//
//   scene('what must hold', async (stage) => {
//     const {farm, gateway} = await stage.start({scenario, config});
//
// Everything listens on free ports of the loopback, lives in a directory of its own, and ends with the scene. If it failed,
// what the programs said is shown. No secret of a gateway's configuration may be in what it said or keeps.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import http from 'node:http';
import {tmpdir} from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import {test} from 'node:test';

import OpenAI from 'openai';

const GATEWAY = process.env.GATEWAY_BIN ?? path.resolve(import.meta.dirname, '../../build/release/freeway');
const FARM = process.env.FARM_BIN ?? path.resolve(import.meta.dirname, '../../build/release/freeway-farm');
const START_MS = 20_000;

export const CLIENT_KEY = 'fw-end-to-end-client-key';

// A test with the programs that it started.
export function scene(name, body, {timeout = 55_000, threads} = {}) {
  test(name, {timeout}, async () => {
    const stage = new Stage(threads);
    try {
      await body(stage);
    } catch (error) {
      stage.show();
      throw error;
    } finally {
      await stage.clear();
    }
  });
}

// The same test with one and with four threads of the gateway, which `body` is told.
export function scenes(name, body, options) {
  for (const threads of [1, 4]) {
    scene(`${name}, ${threads} thread(s)`, (stage) => body(stage, threads), {...options, threads});
  }
}

class Stage {
  programs = [];
  directories = [];

  constructor(threads) {
    this.env = threads ? {FREEWAY_SERVER_THREADS: String(threads)} : {};
  }

  directory() {
    this.directories.push(mkdtempSync(path.join(tmpdir(), 'freeway-e2e-')));
    return this.directories.at(-1);
  }

  async farm(scenario, args = []) {
    const file = path.join(this.directory(), 'scenario.toml');
    writeFileSync(file, scenario);
    const farm = new Farm(FARM, ['--scenario', file, ...args]);
    this.programs.push(farm);
    const ready = await farm.line((line) => line.startsWith('{"listen"') && JSON.parse(line));
    return Object.assign(farm, {address: ready.listen, providers: ready.providers});
  }

  // `config`: the whole file.
  async gateway(config, {args = [], env = {}, listen = '127.0.0.1:0', data = path.join(this.directory(), 'data')} = {}) {
    const file = path.join(this.directory(), 'freeway.toml');
    writeFileSync(file, config);
    const gateway = new Gateway(GATEWAY, ['serve', '--config', file, '--data', data, '--listen', listen, ...args], {...this.env, ...env});
    this.programs.push(gateway);
    Object.assign(gateway, {configFile: file, data});
    gateway.hides(secretsOf(config, env));
    const url = await gateway.line((line) => /freeway listens on (http:\/\/[^"\s]+)/.exec(line)?.[1]);
    return Object.assign(gateway, {url});
  }

  // A farm, and a gateway whose file is made by `configuration`.
  async start({scenario, config, farmArgs, ...options}) {
    const farm = await this.farm(scenario, farmArgs);
    const gateway = await this.gateway(configuration(farm, config), options);
    return {farm, gateway};
  }

  show() {
    for (const program of this.programs) console.error(`--- ${program.name}\n${program.said.slice(-8000)}`);
  }

  async clear() {
    const crashed = [];
    for (const program of this.programs.reverse()) {
      const {code, signal} = await program.stop();
      if ((code ?? 0) !== 0 || !['SIGTERM', 'SIGKILL', null].includes(signal)) crashed.push(`${program.name}: ${code ?? signal}`);
    }
    const told = this.programs.flatMap((program) => program.leaks?.() ?? []);
    for (const directory of this.directories) rmSync(directory, {recursive: true, force: true});
    assert.deepEqual(crashed, [], 'no program ends badly');
    assert.deepEqual(told, [], 'no secret is told or kept');
  }
}

// A running program and what it said.
class Program {
  constructor(file, args, env = {}) {
    this.name = path.basename(file);
    this.said = '';
    this.stdout = '';
    this.child = spawn(file, args, {stdio: ['ignore', 'pipe', 'pipe'], env: {...process.env, ...env}});
    this.exited = new Promise((resolve) => {
      this.child.on('close', (code, signal) => resolve({code, signal}));
      this.child.on('error', (error) => resolve({code: null, signal: null, error}));
    });
    this.listeners = new Set();
    for (const name of ['stdout', 'stderr']) {
      readline.createInterface({input: this.child[name]}).on('line', (line) => {
        this.said += line + '\n';
        if (name === 'stdout') this.stdout += line + '\n';
        for (const listener of this.listeners) listener(line);
      });
    }
  }

  get pid() {
    return this.child.pid;
  }

  // The first line, past or future, that `pick` makes something of.
  async line(pick, from = 0) {
    for (const line of this.said.slice(from).split('\n')) {
      const found = pick(line);
      if (found) return found;
    }
    return new Promise((resolve, reject) => {
      const listener = (line) => {
        const found = pick(line);
        if (found) done(resolve, found);
      };
      const done = (how, what) => {
        clearTimeout(timer);
        this.listeners.delete(listener);
        how(what);
      };
      const complain = (why) => done(reject, new Error(`${this.name} ${why}:\n${this.said}`));
      const timer = setTimeout(() => complain('did not say what was expected'), START_MS);
      this.listeners.add(listener);
      this.exited.then((how) => complain(`ended (${JSON.stringify(how)})`));
    });
  }

  running() {
    return this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined;
  }

  kill(signal) {
    if (this.running()) process.kill(this.child.pid, signal);
  }

  async stop() {
    if (!this.running()) return this.exited;
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), 5_000);
    const how = await this.exited;
    clearTimeout(timer);
    return how;
  }
}

// The simulated providers: where they are, what they saw, and how they behave from now on.
class Farm extends Program {
  async #call(target, body) {
    const answer = await fetch(`http://${this.address}/_farm/${target}`, body === undefined ? {} : {method: 'POST', body});
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    return JSON.parse(text);
  }

  async stats(provider) {
    const all = (await this.#call('stats')).providers;
    return provider ? all[provider] : all;
  }

  // Requests that reached any model, over all providers.
  async received() {
    return Object.values(await this.stats()).reduce((sum, provider) => sum + provider.received, 0);
  }

  async requests(query = '') {
    return (await this.#call(`requests?${query}`)).requests;
  }

  set(provider, change) {
    return this.#call(`providers/${provider}`, JSON.stringify(change));
  }

  reset() {
    return this.#call('reset', '');
  }

  // What the counts of one window were, of one key and model.
  async window(provider, key, model, name = 'rpm') {
    return (await this.stats(provider)).keys[key].models[model].windows[name];
  }
}

class Gateway extends Program {
  secrets = new Set();

  hides(secrets) {
    for (const secret of secrets) this.secrets.add(secret);
  }

  // Where its secrets stand in what it said or in its data directory.
  leaks() {
    const places = {'what it said': this.said};
    for (const name of existsSync(this.data) ? readdirSync(this.data, {recursive: true}) : []) {
      const file = path.join(this.data, name);
      if (statSync(file).isFile()) places[name] = readFileSync(file, 'latin1');
    }
    const found = [];
    for (const [place, text] of Object.entries(places)) {
      for (const secret of this.secrets) if (text.includes(Buffer.from(secret).toString('latin1'))) found.push(`${secret} in ${place}`);
    }
    return found;
  }

  // A command beside it, on its configuration and data directory.
  async command(args, {input = '', env = {}} = {}) {
    const all = [...args, '--config', this.configFile, '--data', this.data];
    const child = spawn(GATEWAY, all, {env: {...process.env, ...env}});
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    let [out, err] = ['', ''];
    child.stdout.on('data', (part) => (out += part));
    child.stderr.on('data', (part) => (err += part));
    const [code] = await once(child, 'close');
    return {code, out, err};
  }

  // The admin API over the Unix socket, as its owner.
  async admin(target, {method = 'GET', body} = {}) {
    const socketPath = path.join(this.data, 'freeway.sock');
    const headers = {'content-type': 'application/json'};
    const request = http.request({socketPath, path: `/admin/api/${target}`, method, headers, agent: false});
    request.end(body && JSON.stringify(body));
    const [answer] = await once(request, 'response');
    const parts = [];
    for await (const part of answer) parts.push(part);
    const text = Buffer.concat(parts).toString();
    assert.ok(answer.statusCode < 300, `${target}: ${answer.statusCode} ${text}`);
    return JSON.parse(text);
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  openai(options = {}) {
    return new OpenAI({apiKey: CLIENT_KEY, baseURL: `${this.url}/v1`, maxRetries: 0, ...options});
  }

  // Resident memory in bytes.
  memory() {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1]) * 1024;
  }

  // Replaces the configuration and waits until the gateway says what it made of it.
  async reload(config) {
    const from = this.said.length;
    this.hides(secretsOf(config));
    writeFileSync(this.configFile, config);
    this.kill('SIGHUP');
    return this.line((line) => /reloaded|stays in place/.test(line) && line, from);
  }

  // A request on a connection of its own or the agent's; the answer's head as soon as it is there.
  async open(body, {target = '/v1/chat/completions', method = 'POST', headers = {}, agent, key = CLIENT_KEY} = {}) {
    const request = http.request(this.url + target, {
      method,
      agent: agent ?? false,
      headers: {'content-type': 'application/json', ...(key && {authorization: `Bearer ${key}`}), ...headers},
    });
    request.end(body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    const [answer] = await once(request, 'response');
    return answer;
  }

  // The whole answer: status, headers, text, and `json` where it is JSON.
  async ask(body, options) {
    const answer = await this.open(body, options);
    const parts = [];
    for await (const part of answer) parts.push(part);
    const text = Buffer.concat(parts).toString();
    const json = /^application\/json/.test(answer.headers['content-type'] ?? '') ? JSON.parse(text) : undefined;
    return {status: answer.statusCode, headers: answer.headers, text, json};
  }
}

// A gateway's configuration: the test's client key, no built-in providers, and `text`, where {u1} stands for the base URL
// of the farm's provider u1.
export function configuration(farm, text) {
  const filled = text.replace(/\{(\w+)\}/g, (all, id) => farm.providers[id] ?? all);
  const keys = /\[\[client_keys\]\]/.test(text) ? '' : `[[client_keys]]\nname = "test"\nkey = "${CLIENT_KEY}"\n`;
  return `[catalog]\nbuiltin = false\n${keys}${filled}`;
}

// What must not leave, of a configuration file and an environment: keys, tokens and proxies' passwords, from the length on at
// which freeway looks for them.
export function secretsOf(config, env = {}) {
  const found = [...config.matchAll(/\b(?:key|admin_token)\s*=\s*"([^"]*)"/g)].map(([, secret]) => secret);
  for (const [, list] of config.matchAll(/\bkeys\s*=\s*\[(.*?)\]\s*$/gms)) {
    found.push(...[...list.matchAll(/(?:^|,)\s*"([^"]*)"/g)].map(([, secret]) => secret));
  }
  for (const [, password] of config.matchAll(/\bproxy\s*=\s*"[^"]*:\/\/[^":]*:([^"@]*)@/g)) found.push(decodeURIComponent(password));
  for (const [name, value] of Object.entries(env)) if (/KEY|TOKEN/.test(name)) found.push(value);
  return found.filter((secret) => secret.length >= 8);
}

export const user = (content) => [{role: 'user', content}];
export const chat = (model, content = 'hi', more = {}) => ({model, messages: user(content), ...more});

// The data of each event of a whole SSE text; comments are left out.
export function events(text) {
  return text
    .split(/\n\n/)
    .flatMap((event) => event.split('\n').filter((line) => line.startsWith('data: ')))
    .map((line) => line.slice(6));
}

// The content of all choices' deltas of a whole SSE text.
export function content(text) {
  return events(text)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data).choices?.[0]?.delta?.content ?? '')
    .join('');
}

// Until `check` gives something true; for states that another process reaches in its own time.
export async function eventually(check, what, ms = 10_000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) assert.fail(`${what} did not come true within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
export const count = (list, pick) => list.reduce((sums, one) => ({...sums, [pick(one)]: (sums[pick(one)] ?? 0) + 1}), {});
