// Coding agents do a task of two turns with tools through the real binary, the simulator behind it: Codex over Responses, opencode
// over chat completions and over Messages. What the model "decides" is scripted; what the agent makes of it is real.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {CLIENT_KEY, scene} from '../e2e/harness.mjs';

const BIN = path.join(import.meta.dirname, 'node_modules', '.bin');
const CONFIG = '[[providers]]\nid = "u1"\nbase_url = "{u1}"\nkeys = ["k1"]\nmodels = [{ id = "m", tools = true, context = 200000 }]\n';
const LONG = {timeout: 240_000};

// The model reads the note when it is asked for the word, and writes it down when it is told to.
const scenario = (read, write) => `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m"]
text = "The word is heliotrope."
rules = [
  { match = "write it into", after_tool = false, answer = { text = "I will write it.", tool_calls = [${write}] } },
  { match = "secret word", after_tool = false, answer = { text = "I will read it.", tool_calls = [${read}] } },
]
`;

// An agent with a home and a folder of its own.
class Agent {
  constructor(stage) {
    this.home = stage.directory();
    this.work = stage.directory();
    this.note = path.join(this.work, 'note.txt');
    this.answer = path.join(this.work, 'answer.txt');
    writeFileSync(this.note, 'The secret word is heliotrope.\n');
  }

  async run(program, args, env = {}) {
    const child = spawn(path.join(BIN, program), args, {
      cwd: this.work,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {PATH: process.env.PATH, HOME: this.home, XDG_DATA_HOME: this.home, ...env},
    });
    let said = '';
    child.stdout.on('data', (part) => (said += part));
    child.stderr.on('data', (part) => (said += part));
    const [code] = await once(child, 'close');
    assert.equal(code, 0, said);
    return said;
  }

  // Both turns were done with the agent's own tools, and the results went back.
  async check(farm, first, second) {
    assert.match(first, /The word is heliotrope\./);
    assert.match(second, /I will write it\./);
    assert.equal(readFileSync(this.answer, 'utf8').trim(), 'heliotrope');
    const {u1} = await farm.stats();
    assert.equal(u1.invalid, 0, 'the provider was asked nothing that it can not read');
    const last = JSON.parse((await farm.requests()).findLast(({body}) => body).body);
    const results = last.messages.filter(({role}) => role === 'tool').map(({content}) => JSON.stringify(content));
    assert.equal(results.length, 2, 'the whole conversation is there');
    assert.match(results[0], /The secret word is heliotrope/);
  }
}

const call = (name, members) => `{ name = "${name}", arguments = { ${Object.entries(members).map(([key, value]) => `${key} = '${value}'`).join(', ')} } }`;
const ASK = 'What is the secret word in note.txt?';
const TELL = 'Now write it into answer.txt.';

scene('Codex over Responses', async (stage) => {
  const agent = new Agent(stage);
  const {farm, gateway} = await stage.start({
    scenario: scenario(call('exec_command', {cmd: 'cat note.txt'}), call('exec_command', {cmd: 'echo heliotrope > answer.txt'})),
    config: CONFIG,
  });
  const provider = `[model_providers.fw]\nname = "freeway"\nbase_url = "${gateway.url}/v1"\nenv_key = "FW_KEY"\nwire_api = "responses"\n`;
  writeFileSync(path.join(agent.home, 'config.toml'), `model = "m"\nmodel_provider = "fw"\n${provider}`);
  const flags = ['--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox'];
  const env = {CODEX_HOME: agent.home, FW_KEY: CLIENT_KEY};
  const first = await agent.run('codex', ['exec', ...flags, ASK], env);
  const second = await agent.run('codex', ['exec', 'resume', '--last', ...flags, TELL], env);
  await agent.check(farm, first, second);
}, LONG);

for (const [surface, npm] of [['chat completions', '@ai-sdk/openai-compatible'], ['Messages', '@ai-sdk/anthropic']]) {
  scene(`opencode over ${surface}`, async (stage) => {
    const agent = new Agent(stage);
    const {farm, gateway} = await stage.start({
      scenario: scenario(call('read', {filePath: agent.note}), call('write', {filePath: agent.answer, content: 'heliotrope'})),
      config: CONFIG,
    });
    const model = {name: 'm', tool_call: true, limit: {context: 200_000, output: 4096}};
    const fw = {npm, name: 'freeway', options: {baseURL: `${gateway.url}/v1`, apiKey: CLIENT_KEY}, models: {m: model}};
    const settings = {autoupdate: false, share: 'disabled', model: 'fw/m', small_model: 'fw/m', provider: {fw}};
    writeFileSync(path.join(agent.work, 'opencode.json'), JSON.stringify(settings));
    const first = await agent.run('opencode', ['run', '-m', 'fw/m', ASK]);
    const second = await agent.run('opencode', ['run', '--continue', '-m', 'fw/m', TELL]);
    await agent.check(farm, first, second);
  }, LONG);
}
