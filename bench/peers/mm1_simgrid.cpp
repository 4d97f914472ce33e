/* mm1_simgrid.cpp - M/M/1 in SimGrid's S4U, in its cheapest form: one actor sends, one serves, a semaphore
 * counts the line.
 *
 *     mm1_simgrid CUSTOMERS
 */
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <queue>
#include <random>

#include <simgrid/s4u.hpp>

namespace s4u = simgrid::s4u;

struct Queue {
    std::mt19937_64 random{ 42 };
    std::exponential_distribution<double> gap{ 0.9 }, service{ 1.0 };
    std::queue<double> arrived;
    s4u::SemaphorePtr waiting = s4u::Semaphore::create(0);
    unsigned long customers = 0;
    double seconds = 0;
};

static void send(Queue *queue)
{
    for (unsigned long i = 0; i < queue->customers; i++) {
        s4u::this_actor::sleep_for(queue->gap(queue->random));
        queue->arrived.push(s4u::Engine::get_clock());
        queue->waiting->release();
    }
}

static void serve(Queue *queue)
{
    for (unsigned long i = 0; i < queue->customers; i++) {
        queue->waiting->acquire();
        s4u::this_actor::sleep_for(queue->service(queue->random));
        queue->seconds += s4u::Engine::get_clock() - queue->arrived.front();
        queue->arrived.pop();
    }
}

int main(int argc, char **argv)
{
    s4u::Engine engine(&argc, argv);
    auto *zone = s4u::create_full_zone("zone");
    auto *host = zone->create_host("host", 1e9);
    Queue queue;

    zone->seal();
    queue.customers = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200000;
    s4u::Actor::create("send", host, send, &queue);
    s4u::Actor::create("serve", host, serve, &queue);
    std::clock_t start = std::clock();
    engine.run();
    double seconds = double(std::clock() - start) / CLOCKS_PER_SEC;
    std::printf("ns=%.0f mean=%.4f\n", 1e9 * seconds / double(queue.customers), queue.seconds / double(queue.customers));
}
