// SPDX-License-Identifier: Apache-2.0
export const View = ({ items, ...rest }) => (
    <ul {...rest}>{items.map(item => <li key={item.id}>{item.name ?? <i>none</i>}</li>)}</ul>
);
