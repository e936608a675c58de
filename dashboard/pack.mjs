// After vite build: node pack.mjs FOLDER NAME…
// Holds the built files against the names that the program serves, and lays a gzip twin, NAME.gz, beside each. The first load
// (all but what is loaded on demand) must stay within 150 KB.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { constants, gzipSync } from 'node:zlib';

const kFirstLoad = ['index.html', 'assets/app.js', 'assets/app.css', 'assets/worker.js'];
const kMostBytes = 150 * 1024;

const [folder, ...names] = process.argv.slice(2);
const built = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !entry.name.endsWith('.gz'))
  .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1).split(sep).join('/'));
const extra = built.filter((name) => !names.includes(name));
const missing = names.filter((name) => !built.includes(name));
if (extra.length || missing.length) {
  console.error(`dashboard: the names in dashboard/CMakeLists.txt are not what was built; missing there: [${extra}], not built: [${missing}]`);
  process.exit(1);
}

let first = 0;
for (const name of names) {
  const packed = gzipSync(readFileSync(join(folder, name)), { level: constants.Z_BEST_COMPRESSION });
  writeFileSync(join(folder, `${name}.gz`), packed);
  if (kFirstLoad.includes(name)) first += packed.length;
  console.log(`dashboard: ${name} ${packed.length} bytes packed`);
}
console.log(`dashboard: first load ${(first / 1024).toFixed(1)} KB`);
if (first > kMostBytes) {
  console.error(`dashboard: the first load is over ${kMostBytes} bytes`);
  process.exit(1);
}
