import { describe, expect, it } from 'vitest';
import { roles } from '../api/values';
import { whyNot } from './may';

describe('what a user may not do', () => {
  it('is said with the role that may', () => {
    expect(whyNot('viewer', false, 'analyst', 'mark sources')).toBe('An analyst or an administrator can mark sources; you are a viewer.');
    expect(whyNot('analyst', true, 'administrator', 'add users')).toBe('An administrator can add users; you are an analyst.');
    expect(whyNot(undefined, false, 'viewer', 'read')).toBe('A viewer or an analyst or an administrator can read.');
  });
  it('is everything that changes something in read-only mode', () =>
    expect(whyNot('administrator', true, 'analyst', 'mark sources')).toBe('Assay runs read-only here, so nobody can mark sources from these pages.'));
  it('is nothing of what the role, or one below it, may', () => {
    const matrix = roles.map((role) => roles.map((wanted) => whyNot(role, false, wanted, 'x') === ''));
    expect(matrix).toEqual([[true, false, false], [true, true, false], [true, true, true]]);
  });
});
