#include "hmi/ctl/app.h"

int main(int argc, char **argv)
{
    return concentratorctl(argc, argv, stdin, stdout, stderr);
}
