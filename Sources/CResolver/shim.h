#include <netinet/in.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <netdb.h>

// Of netdb.h and resolv.h, what is a macro somewhere.
static inline int resolver_query(const char *name, int kind, int type, unsigned char *answer, int size) {
    return res_query(name, kind, type, answer, size);
}
static inline int resolver_error(void) { return h_errno; }
