/* SPDX-License-Identifier: GPL-3.0-or-later */
/* empty.c - the program of `make bench` that does nothing: what a start alone costs */
int main(void)
{
	return 0;
}
