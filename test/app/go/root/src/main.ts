// SPDX-License-Identifier: Apache-2.0
// What esbuild bundles: TypeScript, JSON, text, CSS, and parts that are loaded when needed.
import { Queue, drain } from "./parts/queue";
import { colours, type Colour } from "./parts/colours";
import settings from "./settings.json";
import words from "./words.txt";
import "./style.css";

enum Level { Low = 1, High = settings.high }

const queue = new Queue<Colour>();
for (const c of colours) queue.push(c);

export async function main(level: Level = Level.Low): Promise<string> {
    const { shout } = await import("./parts/shout");
    const names = [...drain(queue)].map(({ name }) => name ?? "none");
    return shout(`${names.join(", ")} at ${level ** 2}: ${words.trim()}`);
}

function neverCalled() { return "gone from the bundle"; }
