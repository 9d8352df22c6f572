/* SPDX-License-Identifier: MIT */
/* true: ends, and all is well. */
int main(void)
{
    return 0;
}
