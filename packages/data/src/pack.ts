import { checkOptions, ShapeError } from "@tsuki/core";
import { checkWhole } from "./checks.ts";
import { ignoredLabel } from "./collate.ts";
import type { Document } from "./document.ts";
import { Items, type Stream } from "./stream.ts";

export interface PackOptions {
  /** Tokens of a row, at least 2. */
  readonly length: number;
  /**
   * Default: true; rows are full, and a document that does not fit into the rest of one goes on in the next. Else only
   * one that is longer than a row does so, and others begin a new row.
   */
  readonly split?: boolean;
}

/** Documents, one behind the other, in a row of fixed length; zeros fill it up, with ignored labels. */
export interface PackedRow {
  readonly ids: Int32Array;
  /** Ignored where a document begins: its first token follows from nothing. */
  readonly labels: Int32Array;
  /** Number of each token's document in the row, as `documentIds` of @tsuki/nn; of what fills the row, one more. */
  readonly documents: Int32Array;
}

/** Packs documents in their order into rows of one length; see `packStream`. */
export function packDocuments(documents: Iterable<Document>, options: PackOptions): PackedRow[] {
  checkPackOptions("packDocuments", options);
  const rows: PackedRow[] = [];
  let row = new RowBuilder(options);
  for (const document of documents) {
    for (let rest = row.add(document); rest !== null; rest = row.add(rest)) {
      rows.push(row.row);
      row = new RowBuilder(options);
    }
  }
  return [...rows, row.row].filter(isCounted);
}

export interface PackState<S> {
  readonly stream: S;
  /** The rest of the document that did not fit. */
  readonly rest: { readonly ids: readonly number[]; readonly labels: readonly number[] } | null;
}

/**
 * Packs documents in their order into rows of one length. A document that is split has one token in common with its next
 * part, so that every token but the first is predicted once. Documents of one token, and rows without a label that counts,
 * teach nothing and are left out.
 *
 *     const rows = packStream(mapStream(readText(path), (line) => documentOf(encodeBytes(line))), { length: 256 });
 *     const { ids, ...context } = await repeat(batches(rows, { batch: 8 })).next();
 *     languageModelLoss(model, ids, context);      // labels and documents, int32 [8, 256] each
 */
export function packStream<S>(stream: Stream<Document, S>, options: PackOptions): Stream<PackedRow, PackState<S>> {
  checkPackOptions("packStream", options);
  return new PackedStream(stream, options);
}

class PackedStream<S> extends Items<PackedRow> implements Stream<PackedRow, PackState<S>> {
  readonly #stream: Stream<Document, S>;
  readonly #options: PackOptions;
  #rest: Document | null = null;

  constructor(stream: Stream<Document, S>, options: PackOptions) {
    super();
    this.#stream = stream;
    this.#options = options;
  }

  async next(): Promise<PackedRow | undefined> {
    while (true) {
      const builder = new RowBuilder(this.#options);
      let ended = false;
      this.#rest &&= builder.add(this.#rest);
      while (this.#rest === null && !ended) {
        const document = await this.#stream.next();
        if (document === undefined) ended = true;
        else this.#rest = builder.add(document);
      }
      if (isCounted(builder.row)) return builder.row;
      if (ended) return undefined;
    }
  }

  state(): PackState<S> {
    const rest = this.#rest && { ids: [...this.#rest.ids], labels: [...this.#rest.labels] };
    return { stream: this.#stream.state(), rest };
  }

  restore({ stream, rest }: PackState<S>): void {
    this.#stream.restore(stream);
    this.#rest = rest && { ids: Int32Array.from(rest.ids), labels: Int32Array.from(rest.labels) };
  }

  rewind(): void {
    this.#stream.rewind();
    this.#rest = null;
  }
}

/** A row that is being filled. */
class RowBuilder {
  readonly row: PackedRow;
  readonly #length: number;
  readonly #split: boolean;
  #filled = 0;
  #documents = 0;

  constructor({ length, split = true }: PackOptions) {
    this.#length = length;
    this.#split = split;
    this.row = {
      ids: new Int32Array(length),
      labels: new Int32Array(length).fill(ignoredLabel),
      documents: new Int32Array(length),
    };
  }

  /** Adds a document as far as it fits; what remains is for the next row. */
  add(document: Document): Document | null {
    const { ids, labels } = document;
    if (labels.length !== ids.length) {
      throw new ShapeError(`packing: a document has ${ids.length} ids and ${labels.length} labels`);
    }
    if (ids.length < 2) return null;
    const room = this.#length - this.#filled;
    const whole = ids.length <= room;
    // A part of one token would predict nothing.
    if (room < 2 || (!whole && !this.#split && this.#filled > 0)) return document;
    const part = whole ? ids.length : room;
    this.row.ids.set(ids.subarray(0, part), this.#filled);
    this.row.labels.set(labels.subarray(1, part), this.#filled + 1);
    this.#filled += part;
    this.#documents++;
    this.row.documents.fill(this.#documents, this.#filled);
    return whole ? null : { ids: ids.subarray(part - 1), labels: labels.subarray(part - 1) };
  }
}

function isCounted({ labels }: PackedRow): boolean {
  return labels.some((label) => label !== ignoredLabel);
}

function checkPackOptions(op: string, options: PackOptions): void {
  checkOptions(op, options, "length", "split");
  checkWhole(op, "length", options.length, 2);
}
