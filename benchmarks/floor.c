/* What this machine allows: one thread, epoll, the same bytes for every request, nothing parsed but its length.
   floor PORT FILE: answers each request with the contents of FILE. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_CLIENTS = 4096, MOST_BYTES = 65536 };
static struct { char data[MOST_BYTES]; size_t used; } *clients[MOST_CLIENTS];

/* Bytes of the first whole request, 0 while it is not whole. */
static size_t whole(const char *data, size_t used) {
    const char *end = memmem(data, used, "\r\n\r\n", 4), *line;
    size_t body = 0;
    if (!end) return 0;
    for (line = data; line < end; line = (char *)memchr(line, '\n', end + 2 - line) + 1)
        if (!strncasecmp(line, "content-length:", 15)) body = strtoul(line + 15, NULL, 10);
    size_t size = end + 4 - data + body;
    return size <= used ? size : 0;
}

int main(int argc, char **argv) {
    static char reply[1 << 20];
    if (argc != 3) return 2;
    FILE *file = fopen(argv[2], "rb");
    size_t length = file ? fread(reply, 1, sizeof reply, file) : 0, size;
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!length || bind(listener, (void *)&address, sizeof address) || listen(listener, 1024)) return 1;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[256];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(poll, ready, 256, -1);
        for (int i = 0; i < count; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) {
                int client = accept(listener, NULL, NULL);
                if (client < 0 || client >= MOST_CLIENTS) continue;
                setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                if (!clients[client]) clients[client] = malloc(sizeof **clients);
                clients[client]->used = 0;
                event.data.fd = client;
                epoll_ctl(poll, EPOLL_CTL_ADD, client, &event);
                continue;
            }
            ssize_t got = read(fd, clients[fd]->data + clients[fd]->used, MOST_BYTES - clients[fd]->used);
            if (got <= 0) { close(fd); continue; }
            clients[fd]->used += got;
            while ((size = whole(clients[fd]->data, clients[fd]->used))) {
                if (write(fd, reply, length) < 0) break;
                memmove(clients[fd]->data, clients[fd]->data + size, clients[fd]->used -= size);
            }
        }
    }
}
