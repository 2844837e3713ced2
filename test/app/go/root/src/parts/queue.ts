// SPDX-License-Identifier: Apache-2.0
export class Queue<T> {
    #items: T[] = [];
    static made = 0;
    constructor(private readonly limit = Infinity) { Queue.made++; }
    push(item: T): boolean { return this.#items.length < this.limit && this.#items.push(item) > 0; }
    shift(): T | undefined { return this.#items.shift(); }
}

export function* drain<T>(queue: Queue<T>): Generator<T> {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) yield item;
}
