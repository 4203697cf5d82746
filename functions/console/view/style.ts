/** How the page looks: one style sheet, the system's own font, light or dark as the reader has chosen. */
export const STYLE = `
:root {
  --ground: #f5f6f8; --card: #fff; --text: #1b2027; --quiet: #59636e; --line: #dde2e8; --soft: #eef1f4;
  --accent: #0b5fc0; --good: #17754a; --warn: #8a5200; --bad: #b3261e;
  --good-soft: #e5f4ec; --warn-soft: #fbf0dc; --bad-soft: #fceceb; --accent-soft: #e6f0fb; --past: #b3bcc6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1216; --card: #161b21; --text: #e4e9ee; --quiet: #9ba7b3; --line: #2a323b; --soft: #1f262e;
    --accent: #74b3ff; --good: #5bcb8f; --warn: #e3ad55; --bad: #ff948b;
    --good-soft: #12291e; --warn-soft: #2c2310; --bad-soft: #341a19; --accent-soft: #14273d; --past: #4d5864;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 14px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
header, main { max-width: 1200px; margin: 0 auto; padding: 0 20px; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 14px; padding-top: 14px; padding-bottom: 12px; }
h1 { font-size: 16px; margin: 0; } h1 a { color: inherit; text-decoration: none; }
h2 { font-size: 14px; margin: 0 0 10px; display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; overflow-wrap: anywhere; }
p { margin: 0; } ul, ol, dl, dd, figure { margin: 0; padding: 0; } li { list-style: none; }
a { color: var(--accent); text-underline-offset: 2px; text-decoration-thickness: 1px; }
code { font: 12.5px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.site, .as-of, .quiet { color: var(--quiet); } .site { flex: 1; }
.as-of::before { content: ""; display: inline-block; width: 7px; height: 7px; margin-right: 7px; border-radius: 50%; background: var(--good); }
[data-paused] .as-of::before { background: var(--quiet); }
section, .verdict, .tiles, .done, .stale, .sign-in form { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
section { padding: 14px 16px; margin-bottom: 14px; }
section > .quiet:last-child { margin-top: 10px; }
.count { color: var(--quiet); font-weight: 400; }

button { font: inherit; line-height: 1.2; padding: 5px 12px; min-height: 30px; border: 1px solid var(--line); border-radius: 6px; background: var(--card); color: var(--text); cursor: pointer; }
button:hover { border-color: var(--quiet); } .plain { color: var(--quiet); }
.replay, .primary { background: var(--accent); border-color: var(--accent); color: var(--card); }
.discard { background: var(--bad); border-color: var(--bad); color: var(--card); }
input { font: inherit; padding: 5px 9px; min-height: 30px; border: 1px solid var(--quiet); border-radius: 6px; background: var(--card); color: var(--text); }

.verdict { padding: 10px 16px; margin-bottom: 14px; border-left-width: 4px; }
.verdict.good { border-left-color: var(--good); } .verdict.good p { color: var(--good); font-weight: 600; }
.verdict.warning { border-left-color: var(--warn); background: var(--warn-soft); }
.verdict.error { border-left-color: var(--bad); background: var(--bad-soft); }
.verdict li { display: flex; gap: 8px; overflow-wrap: anywhere; padding: 1px 0; }
.verdict li::before { content: "▲"; font-size: 11px; line-height: 20px; color: var(--warn); } .verdict li.error::before { content: "■"; color: var(--bad); }
.verdict a { color: inherit; }
.done { padding: 10px 16px; margin-bottom: 14px; background: var(--accent-soft); }
.stale { padding: 8px 12px; margin: 0 0 10px; background: var(--bad-soft); border-color: var(--bad); overflow-wrap: anywhere; }
#lost { position: sticky; bottom: 0; padding: 10px 20px; background: var(--bad); color: var(--card); font-weight: 600; text-align: center; }

.tiles { display: grid; grid-template-columns: repeat(5, 1fr); margin-bottom: 14px; }
.tiles div { padding: 10px 16px; display: flex; flex-direction: column-reverse; } .tiles div + div { border-left: 1px solid var(--line); }
.tiles dt { color: var(--quiet); font-size: 12.5px; } .tiles dd { font-size: 22px; font-weight: 600; line-height: 1.25; }
.tiles .old dd { color: var(--quiet); } .tiles small { font-size: 12.5px; font-weight: 400; color: var(--quiet); }

.columns { display: grid; grid-template-columns: minmax(0, 4fr) minmax(0, 8fr); gap: 0 14px; }
.jobs li + li { border-top: 1px solid var(--line); margin-top: 10px; padding-top: 10px; }
.job-head { display: flex; justify-content: space-between; gap: 12px; overflow-wrap: anywhere; } .job-head a { font-weight: 600; }
.job-facts, .letter-foot { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 14px; color: var(--quiet); font-size: 12.5px; }
progress { appearance: none; display: block; width: 100%; height: 6px; margin: 6px 0 5px; border: 0; border-radius: 3px; background: var(--soft); overflow: hidden; }
progress::-webkit-progress-bar { background: var(--soft); } progress::-webkit-progress-value { background: var(--accent); transition: width .6s; } progress::-moz-progress-bar { background: var(--accent); }

.chain { display: flex; gap: 24px; margin-bottom: 14px; }
.chain li { flex: 1 1 auto; position: relative; padding: 6px 0 0; border-top: 3px solid var(--line); font-size: 12.5px; }
.chain li.busy { border-top-color: var(--accent); }
.chain li + li::before { content: "›"; position: absolute; left: -16px; top: -13px; font-size: 17px; color: var(--quiet); }
.chain span { display: block; } .stop-name { font-weight: 600; white-space: nowrap; } .stop-count { color: var(--quiet); } .stop-bad { color: var(--bad); font-weight: 600; }
.charts { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }
figcaption { display: flex; flex-wrap: wrap; gap: 0 12px; font-size: 12.5px; color: var(--quiet); } .chart-title { color: var(--text); font-weight: 600; }
.key::before { content: ""; display: inline-block; width: 10px; height: 3px; margin-right: 5px; vertical-align: 3px; background: var(--accent); }
.key-in-work::before { background: var(--quiet); } .key-dead::before { background: var(--bad); } .key-speed::before { background: var(--good); }
.key strong { color: var(--text); }
.plot { position: relative; padding: 18px 0; font-size: 11.5px; color: var(--quiet); } .plot svg { display: block; width: 100%; height: 84px; overflow: visible; }
.plot span { position: absolute; } .axis-top { top: 1px; left: 0; } .axis-from { bottom: 0; left: 0; } .axis-to { bottom: 0; right: 0; }
.plot path { vector-effect: non-scaling-stroke; fill: none; stroke-width: 1.5; stroke: var(--accent); stroke-linejoin: round; }
.plot .grid { stroke: var(--line); stroke-width: 1; stroke-dasharray: 2 3; } .plot .axis { stroke: var(--line); }
.plot .area { fill: var(--accent-soft); stroke: none; } .plot .area.speed { fill: var(--good-soft); }
.plot .line.in-work { stroke: var(--quiet); } .plot .line.dead { stroke: var(--bad); } .plot .line.speed { stroke: var(--good); }

.letters > li + li { border-top: 1px solid var(--line); margin-top: 10px; padding-top: 10px; }
.letter-head { display: flex; flex-wrap: wrap; gap: 2px 10px; align-items: baseline; overflow-wrap: anywhere; } .code { color: var(--bad); font-weight: 600; }
.letter-text { margin: 3px 0 6px; overflow-wrap: anywhere; }
.acts { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 8px; margin-left: auto; } .act-all { margin-bottom: 12px; }
summary { cursor: pointer; padding: 5px 12px; color: var(--quiet); border-radius: 6px; } summary:hover { color: var(--text); } details[open] summary { margin-bottom: 4px; }
details form { margin-left: 12px; }

.filter { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; margin-bottom: 10px; } .filter input { flex: 0 1 320px; min-width: 0; }
#found:empty { display: none; }
.images > li, .columns-of-images { display: grid; grid-template-columns: minmax(0, 1fr) 84px 144px 92px 84px 216px 46px; gap: 2px 14px; align-items: center; padding: 7px 0; border-top: 1px solid var(--line); }
.columns-of-images { border: 0; padding-bottom: 5px; color: var(--quiet); font-size: 12.5px; }
.name { overflow-wrap: anywhere; } .name a { font-weight: 600; } .vo { color: var(--quiet); font-size: 12.5px; margin-left: 6px; } .identifier { color: var(--quiet); font: 12px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; } .name .identifier { display: block; }
.version, .age, .rights, .vms { color: var(--quiet); font-size: 12.5px; overflow-wrap: anywhere; }
.remarks, .notes { grid-column: 1 / -1; font-size: 12.5px; } .remarks li, .notes li { padding-left: 14px; position: relative; overflow-wrap: anywhere; } .remarks li::before, .notes li::before { content: "–"; position: absolute; left: 0; color: var(--quiet); }
.pill { justify-self: start; padding: 1px 9px; border-radius: 10px; font-size: 12.5px; font-weight: 600; white-space: nowrap; background: var(--soft); color: var(--quiet); }
.pill.live { background: var(--good-soft); color: var(--good); } .pill.trouble { background: var(--bad-soft); color: var(--bad); }
.pill.attention { background: var(--warn-soft); color: var(--warn); } .pill.working { background: var(--accent-soft); color: var(--accent); }
.beads { display: inline-flex; align-items: center; gap: 4px; } .more { font-size: 11.5px; color: var(--quiet); }
.beads path { fill: none; stroke: var(--past); stroke-width: 8; stroke-linecap: round; } .beads .string { stroke: var(--line); stroke-width: 2; }
.beads .live { stroke: var(--good); stroke-width: 11; } .beads .pending { stroke: var(--accent); stroke-width: 2; } .beads .expired { stroke: var(--warn); stroke-width: 2; }

.back { margin-bottom: 12px; } .facts { display: flex; flex-wrap: wrap; gap: 8px 28px; margin-bottom: 10px; } .facts dt { color: var(--quiet); font-size: 12.5px; } .notes { margin-bottom: 10px; }
.scroll { overflow-x: auto; }
.lineage { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 14px; margin-bottom: 16px; font-size: 12.5px; }
.lineage li { height: 26px; line-height: 26px; text-align: right; white-space: nowrap; } .lineage svg { display: block; width: 100%; }
.lineage .ends { grid-column: 2; display: flex; justify-content: space-between; padding-top: 2px; border-top: 1px solid var(--line); color: var(--quiet); }
.lineage path { fill: none; stroke: var(--line); vector-effect: non-scaling-stroke; } .lineage .link { stroke: var(--quiet); } .lineage rect { fill: var(--past); }
.lineage .live { fill: var(--good); } .lineage .pending { fill: var(--accent); } .lineage .expired { fill: var(--warn); }
table { border-collapse: collapse; width: 100%; font-size: 12.5px; white-space: nowrap; } th, td { text-align: left; padding: 5px 14px 5px 0; border-top: 1px solid var(--line); } thead th { border: 0; color: var(--quiet); font-weight: 400; } .number { text-align: right; }
.bead::before { content: "● "; color: var(--past); } .bead.live::before { color: var(--good); } .bead.pending::before { content: "○ "; color: var(--accent); } .bead.expired::before { content: "× "; color: var(--warn); }

.sign-in { max-width: 380px; padding-top: 15vh; } .sign-in h1 { margin-bottom: 12px; } .sign-in form { padding: 16px; display: grid; gap: 8px; margin-bottom: 12px; }

@media (max-width: 980px) {
  .columns { grid-template-columns: minmax(0, 1fr); }
  .columns-of-images { display: none; }
  .images > li { display: flex; flex-wrap: wrap; gap: 4px 14px; padding: 10px 0; }
  .name { flex: 1 1 calc(100% - 92px); } .vo { margin-left: 0; } .images .pill { align-self: flex-start; } .remarks { flex-basis: 100%; } .images span:empty { display: none; }
}
@media (max-width: 640px) {
  header, main { padding-left: 12px; padding-right: 12px; }
  .tiles { grid-template-columns: repeat(6, 1fr); } .tiles div { grid-column: span 2; padding: 8px 12px; } .tiles div:nth-child(n + 4) { grid-column: span 3; border-top: 1px solid var(--line); } .tiles div:nth-child(4) { border-left: 0; }
  .chain { flex-direction: column; gap: 0; } .chain li { display: flex; flex-wrap: wrap; gap: 0 10px; padding: 5px 0 5px 10px; border-top: 0; border-left: 3px solid var(--line); } .chain li.busy { border-left-color: var(--accent); } .chain li + li::before { content: none; } .stop-name { flex: 1 0 auto; }
  .charts { grid-template-columns: minmax(0, 1fr); } .name .identifier { font-size: 11px; }
  .acts { margin-left: 0; width: 100%; } button, summary, input { min-height: 40px; } .filter input { flex: 1; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
@media (forced-colors: active) { .pill, section { border: 1px solid; } }
`;
