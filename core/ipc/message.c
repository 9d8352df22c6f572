/* SPDX-License-Identifier: MIT */
/* The memory of messages. */
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/message.h>
#include <keel/string.h>

int message_create(uint32_t size, uint32_t handle_count, struct message **out)
{
    struct message *message;

    if (size > KEEL_CHANNEL_MAX_MSG_BYTES || handle_count > KEEL_CHANNEL_MAX_MSG_HANDLES) {
        return -E2BIG;
    }
    message = kmalloc(sizeof(*message) + handle_count * sizeof(message->handles[0]) + size);
    if (!message) {
        return -ENOMEM;
    }
    list_node_init(&message->node);
    message->size = size;
    message->handle_count = handle_count;
    *out = message;
    return 0;
}

keel_txid_t message_txid(struct message *message)
{
    keel_txid_t txid = 0;

    if (message->size >= sizeof(txid)) {
        memcpy(&txid, message_data(message), sizeof(txid));
    }
    return txid;
}

void message_free(struct message *message)
{
    kfree(message);
}

void message_destroy(struct message *message, struct cleanup *cleanup)
{
    for (uint32_t i = 0; i < message->handle_count; i++) {
        object_close_into(message->handles[i].object, cleanup);
    }
    kfree(message);
}
