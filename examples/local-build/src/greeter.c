#include <stdio.h>
#include <unistd.h>

/* Writes a greeting, and keeps running. */
int main(void)
{
	FILE *f = fopen("/run/greeter", "w");

	if (!f)
		return 1;
	fprintf(f, "greeter %s\n", VERSION);
	if (fclose(f))
		return 1;
	for (;;)
		pause();
}
