/** Colours and fonts. The background is part of it, so that the picture suits itself wherever it is shown. */
export const STYLE = `
  svg { --ground: #ffffff; --text: #1f2328; --faint: #59636e; --grid: #dfe4e9; --ours: #0a66c8; --theirs: #9aa4af }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #0d1117; --text: #e6edf3; --faint: #9aa4b0; --grid: #2a3139; --ours: #4493f8; --theirs: #667079 }
  }
  text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: var(--text) }
  .ground { fill: var(--ground) }
  .heading { font-size: 20px; font-weight: 600 }
  .title { font-size: 14px; font-weight: 600 }
  .note { font-size: 12px; fill: var(--faint) }
  .value { text-anchor: end; font-variant-numeric: tabular-nums }
  .more { fill: var(--faint) }
  .mark { font-size: 11px; text-anchor: middle; fill: var(--faint); font-variant-numeric: tabular-nums }
  .grid { stroke: var(--grid) }
  .ours { fill: var(--ours) }
  .theirs { fill: var(--theirs) }
  .floor { fill: var(--ground); stroke: var(--theirs) }
  .whisker { fill: none; stroke: var(--text); stroke-width: 1.2 }
  .limit { stroke: var(--text); stroke-width: 1.5; stroke-dasharray: 3 2 }
`;
