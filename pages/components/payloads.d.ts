// Written by assets/write_payload_types.py from the TypedDicts in Python; do not edit.

/**
 * The map that is unfolded, and the pixel whose sum is shown; no row and column for none.
 */
export interface ChosenMap {
  node: number;
  map: number;
  row: number | null;
  column: number | null;
}

/**
 * The value that was clicked last: the place of its node in the graph, map, row and column.
 */
export interface ChosenValue {
  node: number;
  map: number;
  row: number;
  column: number;
}

/**
 * What clipboard.js needs: the bytes of the largest picture that can be read.
 */
export interface ClipboardPayload {
  most_bytes: number;
}

/**
 * A Dial as the browser gets it.
 */
export interface DialData {
  name: string;
  label: string;
  low: number;
  high: number;
  step: number;
  value: number;
  unit: string;
}

/**
 * What dials.js draws.
 */
export interface DialsPayload {
  dials: DialData[];
}

/**
 * What drawing_pad.js begins with: `pixels` are `side` × `side` greys as base64, empty for an empty pad; `shown` is
 * the number of the drawing that is answered.
 */
export interface DrawingPadPayload {
  side: number;
  pixels: string;
  shown: string;
}

/**
 * What feature_maps.js draws; `scale`: each map on its own scale, or all of a layer on one.
 */
export interface FeatureMapsPayload {
  graph: GraphNode[];
  columns: MapsColumn[];
  palette: string;
  picture: PictureData;
  scale: "map" | "layer";
  chosen: ChosenValue | null;
  shown: string;
}

/**
 * The same map behind a layer that takes each value for itself.
 */
export interface FollowingMap {
  title: string;
  formula: string;
  picture: MapPicture;
}

/**
 * What the browser sends of a click: the node's name ("" to close), map, and a pixel's row and column.
 */
export interface GlanceChoice {
  layer: string;
  map: number;
  row: number | null;
  column: number | null;
}

/**
 * What glance.js draws; `scale`: each map on its own scale, or all of a layer on one.
 */
export interface GlancePayload {
  graph: GraphNode[];
  columns: (MapsColumn | UnitsColumn)[];
  palette: string;
  picture: PictureData;
  scale: "map" | "layer";
  chosen: ChosenMap | null;
  unfolded: UnfoldedMapData | UnfoldedUnitData | null;
  shown: string;
}

/**
 * A node of the graph: `inputs` are the places of its inputs in the graph, `size` rows and columns of a map.
 */
export interface GraphNode {
  name: string;
  title: string;
  kind: string;
  shape: string;
  maps: number;
  size: [number, number];
  flat: boolean;
  inputs: number[];
  rule: InputRule;
  windows: [NodeWindows, NodeWindows] | null;
}

/**
 * What heartbeat.js needs: the number of the drawing, and the seconds to the next.
 */
export interface HeartbeatPayload {
  number: number;
  seconds: number;
}

/**
 * Which maps of its inputs a node's maps are made of; `cnn_core.insight.graph.inputs_of` says the same.
 *
 * `numbers`: of a “group” its output maps and input maps, of a “flatten” rows and columns before, of a “stack” the
 * maps of each branch.
 */
export interface InputRule {
  kind: "all" | "flatten" | "group" | "same" | "stack";
  numbers: number[];
}

/**
 * A kernel in bytes and its weights in words; none where there is no room for them.
 */
export interface KernelPicture {
  pixels: string;
  picture: [number, number];
  every: number;
  size: [number, number];
  share: number;
  limit: number;
  limits: [string, string];
  texts: string[];
}

/**
 * What lens.js draws: `source` and `result` as data: URLs, `size` the result's rows and columns, `ends` and
 * `colours` its scale, `at` the pixel that the link names.
 */
export interface LensPayload {
  weights: number[][];
  words: string[][];
  shown: string;
  margin: [number, number, number, number];
  offset: [number, number];
  stride: number;
  reach: [number, number];
  dilation: number;
  bias: number;
  relu: boolean;
  start: [number, number];
  source: string;
  result: string;
  size: [number, number];
  channels: number;
  channel_names: string[];
  caption: string;
  result_caption: string;
  alt: string;
  result_alt: string;
  ends: string[];
  colours: string[];
  remark: string;
  layout: "compare" | "pair";
  at: [number, number] | null;
}

/**
 * What moves over the picture, as the browser gets it: `weights` and their `words`, row by row, none for a field.
 *
 * Output (i, j) reads the picture from (i, j) · `stride` − `offset` on, `reach` rows and columns of it; `margin` is
 * the padding that is not shown: top, left, bottom, right.
 */
export interface LensWindow {
  weights: number[][];
  words: string[][];
  shown: string;
  margin: [number, number, number, number];
  offset: [number, number];
  stride: number;
  reach: [number, number];
  dilation: number;
  bias: number;
  relu: boolean;
  start: [number, number];
}

/**
 * The lines that run last: as a sum starts, at each term, and when the sum is complete.
 */
export interface LitLines {
  start: number;
  term: number;
  end: number;
}

/**
 * Loops to step through, as `loop_code` lays them out.
 */
export interface LoopCode {
  lines: string[];
  lit: LitLines;
  step: string[];
  term: string[];
}

/**
 * One axis as the browser gets it: `size` input cells, `cells` with padding, `before` of it before the first.
 *
 * `windows` are, for each of the `out` outputs, the first cell of the padded axis that it reads and one past the last,
 * with steps of `dilation`. `reach` cells hold every window and the padding; `unvisited` are runs (first cell, number
 * of cells) that no window reads.
 */
export interface MapAxis {
  size: number;
  before: number;
  cells: number;
  reach: number;
  dilation: number;
  out: number;
  windows: [number, number][];
  unvisited: [number, number][];
}

/**
 * What the browser sends of a click: the node's name, map, row and column; checked where it is read.
 */
export interface MapChoice {
  layer: string;
  map: number;
  row: number;
  column: number;
}

/**
 * One map in bytes: its rows and columns (`size`), its largest magnitude as a share of the scale that it is drawn
 * on (`share`), itself (`limit`), and both in words (`limits`).
 */
export interface MapPicture {
  pixels: string;
  picture: [number, number];
  every: number;
  size: [number, number];
  share: number;
  limit: number;
  limits: [string, string];
}

/**
 * The maps `shown` of a node: the largest magnitude `own` of each, its share of the layer's, and both in words.
 */
export interface MapsColumn {
  node: number;
  shown: number[];
  limit: string;
  pixels: string;
  picture: [number, number];
  every: number;
  shares: number[];
  own: number[];
  limits: string[];
}

/**
 * What matrix_editor.js draws: the words of the cells, row by row; sizes of 0 cannot be changed.
 */
export interface MatrixEditorPayload {
  cells: string[][];
  label: string;
  role: "input" | "kernel";
  max_rows: number;
  max_columns: number;
  undo: boolean;
  revision: number;
}

/**
 * A box of the diagram: `height` is the larger side of its maps, `depth` their number; `path` is empty for none.
 */
export interface NetworkBox {
  name: string;
  role: string;
  shape: string;
  height: number;
  depth: number;
  path: string;
}

/**
 * A column of the table: its name, whether it holds numbers, and what it says.
 */
export interface NetworkColumn {
  name: string;
  number: boolean;
  hint: string;
}

/**
 * A layer: what its cells say and their shares of the total, by the name of the column.
 *
 * `path` names the layer to Python, `problem` is the sentence of why it does not fit, and a layer behind such a one
 * `waits`.
 */
export interface NetworkLine {
  path: string;
  depth: number;
  title: string;
  kind: string;
  settings: string;
  cells: Record<string, string>;
  shares: Record<string, number>;
  problem: string;
  waits: boolean;
  question: NetworkQuestion | null;
}

/**
 * What is asked of a layer: the right answer, wrong ones with the sentence that tells why, a hint for others.
 */
export interface NetworkQuestion {
  answer: string;
  slips: Record<string, string>;
  hint: string;
}

/**
 * What network_table.js draws: `chosen` is a path, `predict` the column that is asked for instead of shown.
 */
export interface NetworkTablePayload {
  label: string;
  columns: NetworkColumn[];
  chosen: string;
  predict: string;
  lines: NetworkLine[];
  boxes: NetworkBox[];
  alt: string;
  shown: string;
}

/**
 * What a node's windows read along one axis: for each output the first cell and one past the last, with steps of
 * `step` between them.
 */
export interface NodeWindows {
  ends: [number, number][];
  step: number;
}

/**
 * A picture as red, green and blue bytes in base64.
 */
export interface PictureData {
  pixels: string;
  size: [number, number];
  alt: string;
}

/**
 * A grid of a trace: the words of its cells, plane by plane and row by row, and which cells no window visits.
 */
export interface PlayedGrid {
  name: string;
  label: string;
  role: string;
  planes: string[];
  at_once: number;
  rotated: boolean;
  rows: number;
  columns: number;
  padding: number[];
  texts: string[];
  unvisited: number[];
}

/**
 * A step: the cell that it writes, the term that was chosen, the cell of its bias, and its sum in words.
 */
export interface PlayedStep {
  writes: number;
  chosen: number | null;
  bias_at: number;
  rounded: boolean;
  total: string;
  parts: string[];
  lines: string[];
}

/**
 * The terms of all steps: the cells that each reads, as indices in their grids, and its texts, as indices in
 * `words`.
 */
export interface PlayedTerms {
  left: number[];
  right: number[];
  origin: number[];
  product: number[];
  running: number[];
}

/**
 * A trace as `play_data` lays it out; `left`, `right`, `origin`, `bias` and `writes` are names of grids.
 */
export interface PlayedTrace {
  grids: PlayedGrid[];
  signs: string[];
  left: string;
  right: string | null;
  origin: string | null;
  bias: string | null;
  writes: string;
  first: number[];
  terms: PlayedTerms;
  steps: PlayedStep[];
  words: string[];
}

/**
 * A trace with a page's notes.
 */
export interface PlayerData {
  grids: PlayedGrid[];
  signs: string[];
  left: string;
  right: string | null;
  origin: string | null;
  bias: string | null;
  writes: string;
  first: number[];
  terms: PlayedTerms;
  steps: PlayedStep[];
  words: string[];
  padding_text: string;
  tally?: string;
  loops?: LoopCode;
  slips?: [string, string][][];
  tile_columns?: number;
  aside?: boolean;
  corner?: Record<string, [number, number]>;
  start?: PlayerStart;
}

/**
 * An edit as the browser sends it: words for some cells of a grid, or a block that becomes the whole of it.
 */
export interface PlayerEdit {
  number: number;
  grid: string;
  cells?: [number, string][];
  block?: string;
}

/**
 * What a page says beside a trace.
 *
 * `padding_text` is what padding cells hold, `tally` what is counted (“multiplications”), `loops` the code to step
 * through, `slips` per step the likely wrong answers, each with a sentence, `tile_columns` the terms in a row. A
 * player `aside` is a page's second one: uncovered from the start, its step not in the link. `corner` is, by grid, the
 * row and column of a larger map at which the grid begins.
 */
export interface PlayerNotes {
  padding_text: string;
  tally?: string;
  loops?: LoopCode;
  slips?: [string, string][][];
  tile_columns?: number;
  aside?: boolean;
  corner?: Record<string, [number, number]>;
  start?: PlayerStart;
}

/**
 * What player.js draws: the grids that can be edited, and the number of the last edit that was made.
 */
export interface PlayerPayload {
  grids: PlayedGrid[];
  signs: string[];
  left: string;
  right: string | null;
  origin: string | null;
  bias: string | null;
  writes: string;
  first: number[];
  terms: PlayedTerms;
  steps: PlayedStep[];
  words: string[];
  padding_text: string;
  tally?: string;
  loops?: LoopCode;
  slips?: [string, string][][];
  tile_columns?: number;
  aside?: boolean;
  corner?: Record<string, [number, number]>;
  start?: PlayerStart;
  editable: string[];
  seen: number;
}

/**
 * The step at which a page opens the player, once for each thing that it shows (`of`).
 */
export interface PlayerStart {
  step: number;
  of: string;
}

/**
 * All units of a layer in a strip.
 */
export interface StripPicture {
  pixels: string;
  picture: [number, number];
  every: number;
}

/**
 * A Thumbnail as the browser gets it.
 */
export interface ThumbnailPicture {
  value: string;
  title: string;
  alt: string;
  source: string;
}

/**
 * What thumbnails.js draws; `large`: results to compare, not a menu.
 */
export interface ThumbnailsPayload {
  label: string;
  pictures: ThumbnailPicture[];
  chosen: string;
  large: boolean;
}

/**
 * What is said of a map or a unit that is unfolded.
 */
export interface UnfoldedHead {
  node: number;
  map: number;
  title: string;
  formula: string;
  words: string;
  bias: string | null;
  is_sum: boolean;
}

/**
 * A map unfolded: its parts, the sum of those left out (`rest`), and what the layers right behind make of it.
 */
export interface UnfoldedMapData {
  node: number;
  map: number;
  title: string;
  formula: string;
  words: string;
  bias: string | null;
  is_sum: boolean;
  parts: UnfoldedPart[];
  rest: MapPicture | null;
  result: MapPicture;
  after: FollowingMap[];
}

/**
 * An input map of an unfolded map: its values, its kernel, and their product.
 */
export interface UnfoldedPart {
  title: string;
  values: MapPicture;
  kernel: KernelPicture | null;
  product: MapPicture | null;
}

/**
 * A unit unfolded: its terms as lines of a table, the others summed up, and its value.
 */
export interface UnfoldedUnitData {
  node: number;
  map: number;
  title: string;
  formula: string;
  words: string;
  bias: string | null;
  is_sum: boolean;
  lines: string[][];
  heads: string[];
  others: [string, string] | null;
  value: string;
}

/**
 * The units `shown` of a node that is flat: their shares of the largest (None for what is no number) and words.
 */
export interface UnitsColumn {
  node: number;
  shown: number[];
  limit: string;
  texts: string[];
  shares: (number | null)[];
  labels: string[];
  strip: StripPicture;
}

/**
 * What window_map.js draws; `channels` and `filters` are the depths of input and output.
 */
export interface WindowMapPayload {
  rows: MapAxis;
  columns: MapAxis;
  channels: number;
  filters: number;
  alt: string;
  transposed: boolean;
}
